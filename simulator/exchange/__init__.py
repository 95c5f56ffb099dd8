"""The exchange: every input that can happen, and the step that answers it.

A step is ``step(tx, input)``: it reads and writes the books through `tx`, whose `now` is business
time, appends events with their cause and enqueues work; nothing else. The spine of a deposit:

1. `admission.admit`: a deposit is whole (`receipts.take` when a message brought it and asks for a
   receipt). Checks that need no content; work ``judge`` or a refusal.
2. `decision.conclude`: its judgement came back. Checks that need the books; verdicts; answers. The
   documents of a large flow come before it, block by block (`decision.decide_block`).
3. `life`: what becomes of an accepted invoice: its story, what actors say of it.
4. `emission`: an answer is named, written, fetched or pushed, purged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from simulator.domain.flows import Deposit
from simulator.exchange import admission, books, decision, emission, inputs, life, receipts
from simulator.journal.tx import Tx

Step = Callable[[Tx, Any], object]

STEPS: Mapping[type, Step] = {
    Deposit: admission.admit,
    inputs.MessageTaken: receipts.take,
    inputs.WireNoted: receipts.note,
    inputs.ReceiptSent: receipts.sent,
    inputs.UploadCut: books.upload_cut,
    inputs.BlockJudged: decision.decide_block,
    inputs.Judged: decision.conclude,
    inputs.Composed: emission.composed,
    inputs.Fetched: emission.fetched,
    inputs.PushBegun: emission.push_begun,
    inputs.Pushed: emission.pushed,
    inputs.Purged: emission.purged,
    inputs.Fired: life.fire,
    inputs.StatusAsked: life.say,
    inputs.Requeued: emission.requeued,
    inputs.RaccordementSaved: books.save_raccordement,
    inputs.StructuresSaved: books.save_structures,
    inputs.ClockMoved: books.move_clock,
}
