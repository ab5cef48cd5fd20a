import { ASSETS } from '@/assets'
import { Dialog } from '@/ui/dialog'

const KEYS: [keys: string[], what: string][] = [
  [['B'], 'Long (buy)'],
  [['S'], 'Short (sell)'],
  ...ASSETS.map(({ base }, index): [string[], string] => [[String(index + 1)], `Show ${base}`]),
  [['Q'], 'To the size of the order'],
  [['Enter'], 'In the order form: open the position'],
  [['L'], 'Chart: logarithmic prices'],
  [['F'], 'Chart: full screen'],
  [['Esc'], 'Leave a field, a menu or a dialog'],
  [['?'], 'This list'],
]

export function HelpDialog({ open, onClose }: { open: boolean; onClose: () => void }) {
  return (
    <Dialog open={open} onClose={onClose} title="Keyboard shortcuts">
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-4 gap-y-2">
        {KEYS.map(([keys, what]) => (
          <div key={what} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="inline-flex h-6 min-w-6 items-center justify-center rounded border border-edge bg-raised px-1.5 font-sans text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd className="text-soft">{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
