from fynlo.errors import DomainError


class GrantedAndWithheld(DomainError):
    code = "granted_and_withheld"
    status = 422
    message = "A permission is granted or withheld, not both. Name it once."
