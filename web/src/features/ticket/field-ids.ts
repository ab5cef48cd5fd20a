/** The ids of fields that are known by name. */

export const SIZE_ID = 'order-size'
export const LEVERAGE_ID = 'order-leverage'
export const TOLERANCE_ID = 'order-tolerance'
