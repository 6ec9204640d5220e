from fynlo.errors import DomainError


class OrderNotOpen(DomainError):
    code = "order_not_open"
    status = 409
    message = "This order is closed. Reopen it or start a new one."


class OrderNotSettled(DomainError):
    code = "order_not_settled"
    status = 409
    message = "Something is still to be paid. Take the payment, then complete the order."


class NothingSold(DomainError):
    code = "nothing_sold"
    status = 409
    message = "There is nothing on this order to sell. Cancel it instead of completing it."


class OrderNotCompleted(DomainError):
    code = "order_not_completed"
    status = 409
    message = "Only a completed order can be reopened."


class BusinessDayOver(DomainError):
    code = "business_day_over"
    status = 409
    message = "The business day of this order is over. Refund it instead of reopening it."


class LinesNotSent(DomainError):
    code = "lines_not_sent"
    status = 409
    message = "Some lines were never sent to the kitchen. Send or remove them first."


class NothingToSend(DomainError):
    code = "nothing_to_send"
    status = 409
    message = "There is no line here that this could be done to."


class LineAlreadySent(DomainError):
    code = "line_already_sent"
    status = 409
    message = "The kitchen has this line already. Void it, or so much of it, with a reason."


class LineVoided(DomainError):
    code = "line_voided"
    status = 409
    message = "This line was voided. Add a new one instead."


class OrderHasPayments(DomainError):
    code = "order_has_payments"
    status = 409
    message = "Money was taken for this order. Refund it first."


class TotalBelowPaid(DomainError):
    code = "total_below_paid"
    status = 422
    message = "The guest has paid more than this would leave. Refund the difference first."


class NotSoMany(DomainError):
    code = "not_so_many"
    status = 422
    message = "There is less of this line on the order. Name a smaller quantity."


class TooManyDiscounts(DomainError):
    code = "too_many_discounts"
    status = 422
    message = "There are 20 discounts here already. Remove one first."


class TooManyLines(DomainError):
    code = "too_many_lines"
    status = 422
    message = "An order has at most 200 lines. Start another one."


class AmountTooLarge(DomainError):
    code = "amount_too_large"
    status = 422
    message = "This order comes to more than a till can charge. Check prices and quantities."


class ProductUnavailable(DomainError):
    code = "product_unavailable"
    status = 422
    message = "This product is not on the menu."


class ProductSoldOut(DomainError):
    """`extra["product"]`: its id."""

    code = "product_sold_out"
    status = 422
    message = "There is not enough of this product left."


class VariationInvalid(DomainError):
    code = "variation_invalid"
    status = 422
    message = "Choose one of this product's variations."


class ModifiersInvalid(DomainError):
    code = "modifiers_invalid"
    status = 422
    message = "The modifiers do not fit what this product asks for."


class PriceNotYours(DomainError):
    code = "price_not_yours"
    status = 403
    message = "Prices come from the menu. Leave `unit_price` out, or ask a manager."


class ApprovalRequired(DomainError):
    code = "approval_required"
    status = 403
    message = "This needs a manager: send `approver` with their employee code and PIN."


class NameTaken(DomainError):
    code = "name_taken"
    status = 409
    message = "There is one of this name already. Choose another name."


class SkuTaken(DomainError):
    code = "sku_taken"
    status = 409
    message = "Another product on the menu has this sku. Choose another one."


class TableNumberTaken(DomainError):
    code = "table_number_taken"
    status = 409
    message = "There is a table of this number already. Choose another one."


class CategoryTooDeep(DomainError):
    code = "category_too_deep"
    status = 422
    message = "Categories have two levels: a parent has no parent, and a child has no children."


class ChoicesImpossible(DomainError):
    code = "choices_impossible"
    status = 422
    message = "`min_choices` cannot be more than `max_choices`, nor than what there is to choose."


class CategoryInUse(DomainError):
    code = "category_in_use"
    status = 409
    message = "Products or categories stand in this category, or once did. Move them first."


class TaxRateInUse(DomainError):
    code = "tax_rate_in_use"
    status = 409
    message = "Products have this tax rate, or once had. Give them another one first."


class StationInUse(DomainError):
    code = "station_in_use"
    status = 409
    message = "Products are prepared at this station, or tickets name it. It has to stay."


class ModifierGroupInUse(DomainError):
    code = "modifier_group_in_use"
    status = 409
    message = "Products ask for this group. Take it off them first."


class UntilPassed(DomainError):
    code = "until_passed"
    status = 422
    message = "`until` is not in the future. Leave it out, or give a later instant."


class FloorInUse(DomainError):
    code = "floor_in_use"
    status = 409
    message = "There are tables on this floor, or once were. Move them first."


class TableMerged(DomainError):
    code = "table_merged"
    status = 409
    message = "This table stands with another one. Unmerge it first."


class TableNotMerged(DomainError):
    code = "table_not_merged"
    status = 409
    message = "This table is not merged into another one."


class MergeIntoItself(DomainError):
    code = "merge_into_itself"
    status = 422
    message = "Both are the same. Name another one to merge into."


class SplitImpossible(DomainError):
    code = "split_impossible"
    status = 422
    message = "This does not make two parts. Name lines or seats of the order, each once."


class LinesMoved(DomainError):
    code = "lines_moved"
    status = 409
    message = "Lines of this ticket are moving to another order at this moment. Send it again."


class TablesMoved(DomainError):
    code = "tables_moved"
    status = 409
    message = "Somebody else is seating or moving these tables at this moment. Send it again."


class MoveToItself(DomainError):
    code = "move_to_itself"
    status = 422
    message = "These tables are one already. Name another one to move to."


class NothingToMove(DomainError):
    code = "nothing_to_move"
    status = 409
    message = "There is no open order at this table."


class TableInUse(DomainError):
    code = "table_in_use"
    status = 409
    message = "There are open orders at this table. Close or transfer them first."


class MenuFileTooLong(DomainError):
    code = "menu_file_too_long"
    status = 422
    message = "A menu file has at most 10,000 rows. Import it in parts."


class MenuInOtherCurrency(DomainError):
    code = "menu_in_other_currency"
    status = 422
    message = "These prices are in another currency than the restaurant's. Nothing was changed."


class ImportRunning(DomainError):
    code = "import_running"
    status = 409
    message = "Another large import is still running. Wait until it is done."


class MenuFileInvalid(DomainError):
    """`extra["rows"]`: `[{"file", "line", "column", "detail"}]`, in the order of the files."""

    code = "menu_file_invalid"
    message = "Some rows cannot be read, so nothing was changed. See `rows`."


class ReceiptNotIssued(DomainError):
    code = "receipt_not_issued"
    status = 409
    message = "There is no receipt before the order is completed. `GET …/receipt/` is its bill."


class ReceiptNotFound(DomainError):
    code = "receipt_not_found"
    status = 404
    message = "There is no receipt at this address. Check that it was copied whole."


class RangeReversed(DomainError):
    code = "range_reversed"
    status = 422
    message = "`from` is after `to`. Swap the two dates."


class RangeTooLong(DomainError):
    code = "range_too_long"
    status = 422
    message = "This is more than a report covers at once. Ask for a shorter time."
