from fynlo.errors import DomainError


class AlreadyClockedIn(DomainError):
    """`extra["current"]`: the open time entry."""

    code = "already_clocked_in"
    status = 409
    message = "You are clocked in already. Clock out first."


class NotClockedIn(DomainError):
    code = "not_clocked_in"
    status = 409
    message = "You are not clocked in. Clock in first."


class AlreadyOnBreak(DomainError):
    code = "already_on_break"
    status = 409
    message = "You are on a break already. End it first."


class NotOnBreak(DomainError):
    code = "not_on_break"
    status = 409
    message = "You are not on a break. Start one first."


class TimesOverlap(DomainError):
    code = "times_overlap"
    status = 409
    message = "There are hours of yours at this time already. Ask a manager to look at them."


class TimesOutOfOrder(DomainError):
    code = "times_out_of_order"
    status = 422
    message = "This would end before it began. Look at the times and send them again."


class InTheFuture(DomainError):
    code = "in_the_future"
    status = 422
    message = "This has not happened yet. Set the device's clock and try again."


class TooLongAgo(DomainError):
    code = "too_long_ago"
    status = 422
    message = "This was more than 31 days ago. Ask a manager to put your hours right."


class PunchBlocked(DomainError):
    """`extra["signals"]`: what the clock was not content with."""

    code = "punch_blocked"
    status = 403
    message = "The clock cannot accept this. Ask a manager to let you in."


class TooEarly(DomainError):
    """`extra["starts_at"]`: when the shift begins."""

    code = "too_early"
    status = 409
    message = "Your shift has not begun. Come back when it does, or ask a manager."


class SwapUnderWay(DomainError):
    code = "swap_under_way"
    status = 409
    message = "Somebody is asked to take this shift already. Wait for the answer."


class ShiftChanged(DomainError):
    code = "shift_changed"
    status = 409
    message = "This shift is gone, or not theirs any more. Decline the request."


class NotYourShift(DomainError):
    code = "not_your_shift"
    status = 403
    message = "This is for the person whose shift it is. Choose one of yours."


class OwnAdjustment(DomainError):
    code = "own_adjustment"
    status = 403
    message = "Nobody approves their own hours. Ask somebody else to decide."


class PeriodLocked(DomainError):
    code = "period_locked"
    status = 409
    message = "These days are paid and locked. Only an owner can correct them."


class PeriodsOverlap(DomainError):
    code = "periods_overlap"
    status = 409
    message = "Another payroll period has some of these days. Choose other ones."


class PeriodNotOver(DomainError):
    code = "period_not_over"
    status = 409
    message = "This period is not over, or somebody in it has not clocked out yet."


class TooManyDays(DomainError):
    code = "too_many_days"
    status = 422
    message = "Ask for at most 366 days, the first of them first."


class NotANetwork(DomainError):
    code = "not_a_network"
    status = 422
    message = "This is no network. Write it as 203.0.113.0/24."


class NameInUse(DomainError):
    code = "name_in_use"
    status = 409
    message = "Something here has this name already. Choose another one."


class GrantedAndWithheld(DomainError):
    code = "granted_and_withheld"
    status = 422
    message = "A permission is granted or withheld, not both. Name it once."
