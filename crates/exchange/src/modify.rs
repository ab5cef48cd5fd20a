//! Changes of the stop-loss and take-profit of an open position.

use crate::exchange::Exchange;
use crate::exits;
use messages::{Edit, Event, EventKind, ModifyPosition, Rejection, RequestId, Response, UserId};

impl Exchange {
    pub(crate) fn modify(
        &mut self,
        request_id: Option<RequestId>,
        user_id: UserId,
        modify: ModifyPosition,
        events: &mut Vec<Event>,
    ) -> Result<Response, Rejection> {
        let account = self.account_of(user_id)?;
        let slot = self.own_open_position(modify.order_id, account)?;
        let position = self.book.get(slot);
        let exits = (
            modify.stop_loss.apply(position.stop_loss()),
            modify.take_profit.apply(position.take_profit()),
        );
        if exits == (position.stop_loss(), position.take_profit()) {
            return Ok(self.position_response(self.open_state(slot), account, true));
        }
        let quote = self.tick_of(position).quote;
        let quote = self.instruments.get(position.instrument).trigger_quote(quote);
        let market = quote.close_price(position.side);
        let side = position.side;
        if let Edit::Set(stop_loss) = modify.stop_loss {
            let liquidation_price = Some(position.liquidation_price());
            exits::check_stop_loss(side, stop_loss, market, liquidation_price)?;
        }
        if let Edit::Set(take_profit) = modify.take_profit {
            exits::check_take_profit(side, take_profit, market)?;
        }

        let amended = self.book.amend_exits(slot, exits.0, exits.1);
        amended.map_err(|_| Rejection::AmountOutOfRange)?;
        let modified = self.order(self.book.get(slot));
        self.tell(request_id, account, events, || EventKind::PositionModified(modified));
        Ok(self.position_response(self.open_state(slot), account, false))
    }
}
