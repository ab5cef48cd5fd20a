import { Share2 } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { createPortal } from 'react-dom'
import { IconButton } from '@/ui/button'

const ShareDialog = lazy(async () => ({
  default: (await import('@/share/share-dialog')).ShareDialog,
}))

type ShareButtonProps = { positionId: string; label: string; className?: string }

/** A button that opens the picture of a closed position. */
export function ShareButton({ positionId, label, className = 'size-7' }: ShareButtonProps) {
  const [isOpen, setIsOpen] = useState(false)
  return (
    <>
      <IconButton
        label={label}
        aria-haspopup="dialog"
        className={className}
        onClick={() => setIsOpen(true)}
      >
        <Share2 size={14} aria-hidden />
      </IconButton>
      {isOpen &&
        // Outside of the table, whose cells would pass on their alignment.
        createPortal(
          <Suspense>
            <ShareDialog positionId={positionId} onClose={() => setIsOpen(false)} />
          </Suspense>,
          document.body,
        )}
    </>
  )
}
