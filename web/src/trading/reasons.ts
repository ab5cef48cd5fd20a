import type { CloseReason } from '@/api/schema'

type Tone = 'up' | 'down' | 'warn' | 'plain'

/** The labels of the reasons for a close. */
export const CLOSE_REASONS: Record<CloseReason, { label: string; tone: Tone; sentence: string }> = {
  MANUAL: { label: 'Manual', tone: 'plain', sentence: 'Closed' },
  MARGIN_CALL: { label: 'Liquidated', tone: 'down', sentence: 'Liquidated' },
  STOP_LOSS: { label: 'Stop-loss', tone: 'warn', sentence: 'Stop-loss hit' },
  TAKE_PROFIT: { label: 'Take-profit', tone: 'up', sentence: 'Take-profit hit' },
}
