"""The exchange: every input that can happen, and the step that answers it.

A step is ``step(tx, input)``: it reads and writes the books through `tx`, whose `now` is business
time, appends events with their cause and enqueues work; nothing else. The spine of a deposit:

1. `admission.admit`: a deposit is whole (`receipts.take` when a message brought it and asks for a
   receipt). Checks that need no content; work ``judge`` or a refusal.
2. `decision.conclude`: its judgement came back. Checks that need the books; verdicts; answers. The
   documents of a large flow come before it, block by block (`decision.decide_block`).
   `standing`: what there is already under the number of an invoice.
3. `life`: what becomes of an accepted invoice: its story, what actors say of it; `hearing`: what
   partners say by flows.
4. `delivery`: the messages that follow from a status, and the invoice for its recipient; `holding`:
   invoices that wait for a platform; `playing`:
   actors played by hand; `directory`: the export of the directory; `faults`: what is to go wrong.
5. `emission`: an answer is named, `packing`: alone or with others; `returns`: it is
   written, fetched or pushed, purged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.domain.flows import Deposit
from simulator.exchange import (
    admission,
    books,
    decision,
    directory,
    faults,
    holding,
    inputs,
    life,
    playing,
    receipts,
    returns,
)
from simulator.journal.tx import Tx

Step = Callable[[Tx, Any], object]

STEPS: Mapping[type, Step] = {
    Deposit: admission.receive,
    inputs.MessageTaken: receipts.take,
    inputs.WireNoted: receipts.note,
    inputs.ReceiptSent: receipts.sent,
    inputs.UploadCut: books.upload_cut,
    inputs.BlockJudged: decision.decide_block,
    inputs.Judged: decision.conclude,
    inputs.Composed: returns.composed,
    inputs.Fetched: returns.fetched,
    inputs.PushBegun: returns.push_begun,
    inputs.Pushed: returns.pushed,
    inputs.Purged: returns.purged,
    inputs.Fired: life.fire,
    inputs.HoldingEnded: holding.transmit,
    inputs.StatusAsked: life.say,
    inputs.InvoiceEmitted: playing.emit,
    inputs.Acknowledged: playing.acknowledge,
    inputs.Requeued: returns.requeued,
    inputs.FailedRequeued: returns.failed_requeued,
    inputs.RaccordementSaved: books.save_raccordement,
    inputs.PasswordChanged: books.change_password,
    inputs.StructuresSaved: books.save_structures,
    inputs.DirectoryAsked: directory.export,
    inputs.FaultAdded: faults.add,
    inputs.FaultsRemoved: faults.remove,
    inputs.ClockMoved: books.move_clock,
}
