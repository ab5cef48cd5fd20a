/** The choice of drawing tools: a rail at the left of wide charts, a menu above narrow ones. */

import { t } from '@lingui/core/macro'
import {
  List,
  Magnet,
  Minus,
  MoveUpRight,
  PencilRuler,
  RectangleHorizontal,
  Rows3,
  Slash,
  Trash2,
  Type,
  Undo2,
} from 'lucide-react'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { changeChart, chartSettings } from '@/features/chart/chart-settings'
import {
  changeWork,
  deleted,
  drawingsOf,
  removeDrawings,
  type Tool,
  toolName,
  TOOLS,
  undoRemoval,
  work,
} from '@/features/chart/drawings'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { IconButton } from '@/ui/button'
import { cx } from '@/ui/class-names'
import { Menu, MenuCheck, MenuItem, MenuLine } from '@/ui/menu'

const DrawingList = lazy(async () => ({
  default: (await import('@/features/chart/drawing-list')).DrawingList,
}))

const ICONS: Record<Tool, (size: number) => ReactNode> = {
  trendLine: (size) => <Slash size={size} />,
  ray: (size) => <MoveUpRight size={size} />,
  horizontalLine: (size) => <Minus size={size} />,
  rectangle: (size) => <RectangleHorizontal size={size} />,
  fibonacci: (size) => <Rows3 size={size} />,
  text: (size) => <Type size={size} />,
}

type DrawingToolsProps = { asset: Asset; className?: string }

export function DrawingRail({ asset, className }: DrawingToolsProps) {
  const { tool } = useStore(work)
  const { hasMagnet, showTools } = useStore(chartSettings)
  const count = useStore(drawingsOf(asset)).length
  const isRestorable = useStore(deleted)?.asset === asset
  const [isListOpen, setIsListOpen] = useState(false)
  if (!showTools) return null
  return (
    <div
      role="group"
      aria-label={t`Drawing tools`}
      className={cx(
        'w-9 shrink-0 flex-col items-center gap-0.5 overflow-y-auto border-r border-line py-1',
        className,
      )}
    >
      {TOOLS.map((each) => (
        <IconButton
          key={each}
          label={toolName(each)}
          pressed={tool === each}
          onClick={() => take(each)}
        >
          {ICONS[each](16)}
        </IconButton>
      ))}
      <span aria-hidden className="my-1 h-px w-5 shrink-0 bg-line" />
      <IconButton
        label={t`Magnet: snap to the prices of candles`}
        pressed={hasMagnet}
        onClick={() => changeChart({ hasMagnet: !hasMagnet })}
      >
        <Magnet size={16} />
      </IconButton>
      <IconButton label={t`List of drawings`} onClick={() => setIsListOpen(true)}>
        <List size={16} />
      </IconButton>
      <IconButton
        label={t`Restore what was deleted last (Ctrl+Z)`}
        disabled={!isRestorable}
        onClick={undoRemoval}
      >
        <Undo2 size={16} />
      </IconButton>
      <IconButton
        label={t`Delete all drawings of this market`}
        disabled={count === 0}
        onClick={() => removeDrawings(asset, null)}
      >
        <Trash2 size={16} />
      </IconButton>
      {isListOpen && (
        <Suspense>
          <DrawingList asset={asset} onClose={() => setIsListOpen(false)} />
        </Suspense>
      )}
    </div>
  )
}

export function DrawingMenu({ asset, className }: DrawingToolsProps) {
  const { hasMagnet } = useStore(chartSettings)
  const { tool } = useStore(work)
  const count = useStore(drawingsOf(asset)).length
  const isRestorable = useStore(deleted)?.asset === asset
  const [isListOpen, setIsListOpen] = useState(false)
  return (
    <>
      <Menu
        trigger={
          <IconButton label={t`Drawing tools`} {...(className ? { className } : {})}>
            <PencilRuler size={16} className={tool ? 'text-accent' : ''} />
          </IconButton>
        }
      >
        {TOOLS.map((each) => (
          <MenuItem key={each} onSelect={() => take(each)}>
            {ICONS[each](15)} {toolName(each)}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuCheck checked={hasMagnet} onChange={(on) => changeChart({ hasMagnet: on })}>
          {t`Magnet: snap to the prices of candles`}
        </MenuCheck>
        <MenuItem onSelect={() => setIsListOpen(true)}>
          <List size={15} /> {t`List of drawings`}
        </MenuItem>
        {isRestorable && (
          <MenuItem onSelect={undoRemoval}>
            <Undo2 size={15} /> {t`Restore what was deleted last`}
          </MenuItem>
        )}
        {count > 0 && (
          <MenuItem onSelect={() => removeDrawings(asset, null)}>
            <Trash2 size={15} /> {t`Delete all drawings of this market`}
          </MenuItem>
        )}
      </Menu>
      {isListOpen && (
        <Suspense>
          <DrawingList asset={asset} onClose={() => setIsListOpen(false)} />
        </Suspense>
      )}
    </>
  )
}

/** Takes a tool in hand; the one in hand is laid down. */
function take(tool: Tool): void {
  changeWork({ tool: work.get().tool === tool ? null : tool, selected: null })
}
