import { Ellipsis } from 'lucide-react'
import { useRef } from 'react'
import { assetInfo } from '@/markets'
import type { Position } from '@/trading/account'
import { IconButton } from '@/ui/button'
import { Menu, MenuItem } from '@/ui/menu'

/** The subject of a dialog. */
export type Matter = 'close' | 'reverse' | 'margin' | 'exits'

const ITEMS: { matter: Matter; label: string }[] = [
  { matter: 'close', label: 'Close a part or at a limit…' },
  { matter: 'reverse', label: 'Reverse…' },
  { matter: 'margin', label: 'Add or remove margin…' },
  { matter: 'exits', label: 'Take-profit and stop-loss…' },
]

type PositionMenuProps = { position: Position; onAsk: (matter: Matter) => void }

/** A menu of the actions on a position beside closing it at once. */
export function PositionMenu({ position, onAsk }: PositionMenuProps) {
  const trigger = useRef<HTMLButtonElement>(null)
  return (
    <Menu
      trigger={
        <IconButton
          ref={trigger}
          label={`More actions for ${assetInfo(position.asset).base} position`}
          className="size-7"
        >
          <Ellipsis size={16} aria-hidden />
        </IconButton>
      }
    >
      {ITEMS.map(({ matter, label }) => (
        <MenuItem
          key={matter}
          onSelect={() => {
            // The dialog returns the focus to where it was, and the item will be gone.
            trigger.current?.focus()
            onAsk(matter)
          }}
        >
          {label}
        </MenuItem>
      ))}
    </Menu>
  )
}
