/** The ids of the order form and of its fields that are known by name. */

export const TICKET_ID = 'order'
export const SIZE_ID = 'order-size'
export const LEVERAGE_ID = 'order-leverage'
export const TOLERANCE_ID = 'order-tolerance'
