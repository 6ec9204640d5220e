from fynlo.errors import DomainError


class CredentialsRefused(DomainError):
    code = "credentials_refused"
    status = 401
    message = "E-mail and password do not match. Check both and try again."


class PinRefused(DomainError):
    code = "pin_refused"
    status = 401
    message = "Employee code and PIN do not match. Check both and try again."


class PinLocked(DomainError):
    """`extra["retry_after"]`: seconds until the next try."""

    code = "pin_locked"
    status = 429
    message = "Too many wrong PINs here. Wait, or ask a manager."


class PinNotAccepted(DomainError):
    code = "pin_not_accepted"
    status = 422
    message = "A PIN has 4 to 8 digits."


class PinMustChange(DomainError):
    code = "pin_must_change"
    status = 403
    message = "Choose a PIN of your own first, and then go on."


class RestaurantRequired(DomainError):
    """`extra["restaurants"]`: the choices, `[{"id", "name", "role"}]`."""

    code = "restaurant_required"
    status = 409
    message = "You work in several restaurants. Choose one and send its id as `restaurant`."


class SwitchRefused(DomainError):
    code = "switch_refused"
    status = 403
    message = "You signed in with a PIN, which is good for this restaurant only. Use your password."


class TokenInvalid(DomainError):
    code = "token_invalid"
    status = 401
    message = "This token is not valid. Sign in again."


class SessionEnded(DomainError):
    code = "session_ended"
    status = 401
    message = "This session has ended. Sign in again."


class RefreshReused(DomainError):
    code = "refresh_reused"
    status = 401
    message = "This refresh token was used before, so the session was ended. Sign in again."


class DeviceRefused(DomainError):
    code = "device_refused"
    status = 401
    message = "This device is not paired, or was revoked. Pair it again."


class LastOwner(DomainError):
    code = "last_owner"
    status = 409
    message = "A restaurant needs an owner, and this is the last one. Make another one first."


class EmployeeCodeTaken(DomainError):
    code = "employee_code_taken"
    status = 409
    message = "Somebody else here has this employee code. Choose another one."


class WorksHereAlready(DomainError):
    code = "works_here_already"
    status = 409
    message = "This person is on your staff already. Change them instead."


class AddressNotAccepted(DomainError):
    code = "address_not_accepted"
    status = 422
    message = "This address cannot be added here. Ask Fynlo to add it."


class OwnerPermissionsFixed(DomainError):
    code = "owner_permissions_fixed"
    status = 409
    message = "An owner may do everything here. Give them another role first."


class PairingCodeRefused(DomainError):
    code = "pairing_code_refused"
    status = 422
    message = "This code is wrong, used or older than 10 minutes. Make a new one."


class AppTooOld(DomainError):
    code = "app_too_old"
    status = 426
    message = "This version of the app is too old. Update it from the App Store."


class PasswordRefused(DomainError):
    code = "password_refused"
    status = 422
    message = "This password is not accepted."


class ResetRefused(DomainError):
    code = "reset_refused"
    status = 422
    message = "This reset link is wrong or too old. Ask for a new one."


class ApproverRefused(DomainError):
    code = "approver_refused"
    status = 403
    message = "This needs a manager's employee code and PIN."
