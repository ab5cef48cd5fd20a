import { t } from '@lingui/core/macro'
import { useQuery } from '@tanstack/react-query'
import { Check, Copy, Download, Share2 } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { api } from '@/api/client'
import { sentence } from '@/api/errors'
import type { ClosedPositionResult } from '@/api/schema'
import {
  CARD_HEIGHT,
  CARD_WIDTH,
  cardFile,
  cardTexts,
  drawCard,
  loadCardFont,
} from '@/share/share-card'
import { useStore } from '@/store'
import { theme } from '@/theme'
import { Button } from '@/ui/button'
import { Dialog } from '@/ui/dialog'
import { Failed, Loading } from '@/ui/states'
import { Switch } from '@/ui/switch'
import { toast } from '@/ui/toast'

type ShareDialogProps = { positionId: string; onClose: () => void }

/** Shows a closed position as a picture that can be saved, copied and shared. */
export function ShareDialog({ positionId, onClose }: ShareDialogProps) {
  const result = useQuery({
    queryKey: ['closed-position', positionId],
    queryFn: ({ signal }) => api.closedPosition(positionId, signal),
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Dialog open onClose={onClose} title={t`Share this position`} wide>
      {result.isPending && <Loading label={t`Loading the position`} />}
      {result.isError && (
        <Failed message={sentence(result.error)} onRetry={() => void result.refetch()} />
      )}
      {result.data && <Card position={result.data} />}
    </Dialog>
  )
}

function Card({ position }: { position: ClosedPositionResult }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [isPnlShown, setIsPnlShown] = useState(true)
  const [isDrawn, setIsDrawn] = useState(false)
  const shownTheme = useStore(theme)
  const texts = cardTexts(position, isPnlShown)
  const { summary } = texts

  useEffect(() => {
    let isCurrent = true
    const draw = () => {
      if (!isCurrent || !canvas.current) return
      drawCard(canvas.current, cardTexts(position, isPnlShown), shownTheme)
      setIsDrawn(true)
    }
    // Without its font the card is drawn in another one.
    void loadCardFont().then(draw, draw)
    return () => {
      isCurrent = false
    }
  }, [position, isPnlShown, shownTheme])

  return (
    <div className="flex flex-col gap-4">
      <canvas
        ref={canvas}
        width={CARD_WIDTH}
        height={CARD_HEIGHT}
        role="img"
        aria-label={summary}
        data-testid="share-card"
        data-state={isDrawn ? 'ready' : 'drawing'}
        className="aspect-[1200/630] w-full rounded-lg border border-line"
      />
      {position.returnOnMarginInt !== null && (
        <Switch
          checked={isPnlShown}
          onChange={setIsPnlShown}
          className="flex items-center justify-between gap-3 text-left"
        >
          {t`Show the amount in USD`}
        </Switch>
      )}
      <Actions canvas={() => canvas.current} file={cardFile(position)} text={summary} />
    </div>
  )
}

type ActionsProps = { canvas: () => HTMLCanvasElement | null; file: string; text: string }

function Actions({ canvas, file, text }: ActionsProps) {
  const [isCopied, setIsCopied] = useState(false)
  const picture = () => pictureOf(canvas())

  async function copyPicture(): Promise<void> {
    try {
      // The picture as a promise, because Safari asks for the permission before it waits.
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture() })])
      setIsCopied(true)
    } catch {
      toast('error', t`The browser blocked copying`, t`Download the picture instead.`)
    }
  }

  async function sharePicture(): Promise<void> {
    try {
      await navigator.share({ files: [asFile(await picture(), file)], text })
    } catch (error) {
      // Closing the browser's own dialog is no failure.
      if (error instanceof DOMException && error.name === 'AbortError') return
      toast('error', t`The picture was not shared`, t`Download it instead.`)
    }
  }

  return (
    <div className="grid gap-2 sm:flex sm:justify-end">
      {canShare() && (
        <Button onClick={() => void sharePicture()}>
          <Share2 size={15} aria-hidden /> {t`Share…`}
        </Button>
      )}
      {canCopy() && (
        <Button onClick={() => void copyPicture()}>
          {isCopied ? (
            <Check size={15} aria-hidden className="text-up" />
          ) : (
            <Copy size={15} aria-hidden />
          )}
          {isCopied ? t`Picture copied` : t`Copy picture`}
        </Button>
      )}
      <Button
        data-first
        look="primary"
        onClick={() => {
          void picture().then(
            (blob) => save(blob, file),
            () => toast('error', t`The picture was not saved`, t`Try again.`),
          )
        }}
      >
        <Download size={15} aria-hidden /> {t`Download PNG`}
      </Button>
    </div>
  )
}

function pictureOf(canvas: HTMLCanvasElement | null): Promise<Blob> {
  return new Promise((resolve, reject) => {
    if (!canvas) return reject(new Error('there is no picture'))
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture was made'))))
  })
}

const asFile = (blob: Blob, name: string) => new File([blob], name, { type: 'image/png' })

/** Reports whether the browser can copy pictures; it can't without HTTPS. */
function canCopy(): boolean {
  const clipboard = navigator.clipboard as Clipboard | undefined
  return typeof ClipboardItem !== 'undefined' && typeof clipboard?.write === 'function'
}

function canShare(): boolean {
  const { canShare } = navigator as Partial<Navigator>
  return canShare?.call(navigator, { files: [asFile(new Blob(), 'a.png')] }) ?? false
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
