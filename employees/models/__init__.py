from employees.models.attempts import ClockAttempt
from employees.models.entries import Break, BreakType, TimeEntry
from employees.models.policy import LabourPolicy

__all__ = ["Break", "BreakType", "ClockAttempt", "LabourPolicy", "TimeEntry"]
