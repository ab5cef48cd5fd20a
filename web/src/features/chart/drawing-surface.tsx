import { t } from '@lingui/core/macro'
import { Pencil, Trash2, X } from 'lucide-react'
import { lazy, Suspense, useEffect, useLayoutEffect, useRef } from 'react'
import { chartColours } from '@/features/chart/chart-theme'
import type { ChartView } from '@/features/chart/chart-view'
import { DrawingInput } from '@/features/chart/drawing-input'
import { listenKeys } from '@/features/chart/drawing-keys'
import { DrawingLayer } from '@/features/chart/drawing-layer'
import {
  changeWork,
  drawingsOf,
  POINT_COUNTS,
  removeDrawings,
  toolName,
  work,
} from '@/features/chart/drawings'
import type { Asset } from '@/markets'
import { useStore } from '@/store'
import { theme } from '@/theme'
import { IconButton } from '@/ui/button'

const DrawingDialog = lazy(async () => ({
  default: (await import('@/features/chart/drawing-dialog')).DrawingDialog,
}))

type DrawingSurfaceProps = {
  view: ChartView
  asset: Asset
  isTaken: (y: number, isTouch: boolean) => boolean
}

/** The drawings of a market, and all that is done with them on the chart. */
export function DrawingSurface({ view, asset, isTaken }: DrawingSurfaceProps) {
  const drawings = useStore(drawingsOf(asset))
  const { tool, selected, edited } = useStore(work)
  const taken = useRef(isTaken)
  useEffect(() => {
    taken.current = isTaken
  })

  // Its clean-up must come before that of the chart, which is in an effect.
  useLayoutEffect(() => {
    const layer = new DrawingLayer(view, chartColours())
    view.series.attachPrimitive(layer)
    const made = new DrawingInput({
      element: view.element,
      view,
      layer,
      asset,
      isTaken: (y, isTouch) => taken.current(y, isTouch),
    })
    const leaveTheme = theme.subscribe(() => layer.setColours(chartColours()))
    const leaveKeys = listenKeys(made, asset)
    return () => {
      leaveTheme()
      leaveKeys()
      made.stop()
      view.series.detachPrimitive(layer)
    }
  }, [view, asset])

  const chosen = drawings.find(({ id }) => id === selected)
  const name = tool ? toolName(tool) : ''
  const chosenName = chosen ? toolName(chosen.tool) : ''
  const open = drawings.find(({ id }) => id === edited)
  return (
    <>
      {tool && (
        <div className="absolute inset-x-3 bottom-9 z-10 mx-auto flex w-fit items-center gap-1 rounded-md border border-edge bg-raised pl-3 text-xs text-soft shadow-lg">
          <output className="flex flex-wrap gap-x-1 py-1">
            <span>
              {POINT_COUNTS[tool] === 2
                ? t`${name}: drag on the chart, or press twice.`
                : t`${name}: press on the chart.`}
            </span>
            <span className="hidden [@media(hover:hover)]:inline">
              {t`Enter places it in the middle, Esc cancels.`}
            </span>
          </output>
          <IconButton label={t`Cancel drawing`} onClick={() => changeWork({ tool: null })}>
            <X size={14} />
          </IconButton>
        </div>
      )}
      {chosen && (
        <div
          role="group"
          aria-label={t`Selected: ${chosenName}`}
          className="absolute bottom-9 left-3 z-10 flex items-center rounded-md border border-edge bg-raised pl-3 text-xs text-soft shadow-lg"
        >
          {chosenName}
          <IconButton
            label={t`Edit the drawing`}
            onClick={() => changeWork({ edited: chosen.id })}
            className="ml-1"
          >
            <Pencil size={14} />
          </IconButton>
          <IconButton
            label={t`Delete the drawing (Delete)`}
            onClick={() => removeDrawings(asset, chosen.id)}
          >
            <Trash2 size={14} />
          </IconButton>
        </div>
      )}
      {open && (
        <Suspense>
          <DrawingDialog
            key={open.id}
            asset={asset}
            drawing={open}
            onClose={() => changeWork({ edited: null })}
          />
        </Suspense>
      )}
    </>
  )
}
