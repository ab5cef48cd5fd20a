import { createStore } from '@/store'

/** Whether the list of price alerts is open. */
export const alertsOpen = createStore(false)
