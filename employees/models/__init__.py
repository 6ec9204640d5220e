from employees.models.attempts import ClockAttempt
from employees.models.entries import Break, BreakType, TimeEntry
from employees.models.payroll import Adjustment, PayrollPeriod, TipCredit
from employees.models.policy import LabourPolicy
from employees.models.rota import Shift, Swap

__all__ = [
    "Adjustment",
    "Break",
    "BreakType",
    "ClockAttempt",
    "LabourPolicy",
    "PayrollPeriod",
    "Shift",
    "Swap",
    "TimeEntry",
    "TipCredit",
]
