using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Erasure;

/// <summary>
/// Takes every erasure a step on: holds that are due, what a crash cut short, receipts that wait for a KEK, and then
/// jobs. Reads no erasure that has its last receipt.
/// </summary>
internal sealed class ErasurePass(
    ServiceContext context, ErasureRows rows, ErasureHolds holds, Eraser eraser, ErasureFinisher finisher,
    LastReceipt lastReceipt, ErasureJobRun jobs)
{
    /// <exception cref="StoreUnavailableException">A store cannot do its part: what was begun stays
    /// pending.</exception>
    public async Task<ErasureReport> RunAsync(CancellationToken ct)
    {
        var tally = new Tally();
        var (some, open) = (new List<Row>(Erasures.Group), new List<RowKey>());
        await foreach (var stored in context.Keys.ScanAsync(Table.Erasures, ct))
        {
            some.Add(stored);
            if (some.Count == Erasures.Group) await TakeAllOnAsync();
        }

        await TakeAllOnAsync();
        await FinishAsync(open, tally, ct);
        // What did not end above does not end a moment later. One group after the other: to destroy the next one's keys
        // meanwhile is faster, and commits beside it wait longer.
        var tried = tally.Left.ToHashSet();
        await foreach (var group in jobs.RunAsync(Erasures.Group, tally.Block, ct))
            await FinishAsync([.. group.Where(keyRow => !tried.Contains(keyRow))], tally, ct);
        return tally.Report();

        async Task TakeAllOnAsync()
        {
            foreach (var (keyRow, step, why, awaitsLog) in await SideBySide.RunAsync(
                some, (stored, haveRead) => TakeOnAsync(stored, haveRead, ct)))
            {
                tally.Count(step);
                if (step == ErasureStep.Open) open.Add(keyRow);
                if (why is not null) tally.Block(why);
                if (awaitsLog) tally.AwaitLog++;
            }

            some.Clear();
            if (open.Count < Erasures.Group) return;
            await FinishAsync(open, tally, ct);
            open.Clear();
        }
    }

    private async Task<(RowKey KeyRow, ErasureStep Step, string? Problem, bool AwaitsLog)> TakeOnAsync(
        Row stored, Task haveRead, CancellationToken ct)
    {
        var keyRow = ErasureRows.KeyRowOf(stored);
        try
        {
            var row = rows.Open(stored);
            var step = row.Phase switch
            {
                ErasurePhase.Held when holds.IsDue(row) is not { } isDue => ErasureStep.AwaitClock,
                ErasurePhase.Held when holds.IsDue(row) == false => ErasureStep.None,
                ErasurePhase.Held or ErasurePhase.Erasing =>
                    await eraser.DestroyAsync(keyRow, row, null, haveRead, ct) == DestroyOutcome.Destroyed
                        ? ErasureStep.Open : ErasureStep.None,
                ErasurePhase.Erased => await lastReceipt.TryGiveAsync(keyRow, row, stored, haveRead, ct),
                _ => ErasureStep.None,
            };
            var awaitsLog = !row.Leaf.IsEmpty;
            if (!row.Untold.IsEmpty && step is (ErasureStep.None or ErasureStep.AwaitClock))
                awaitsLog |= await holds.TellAsync(keyRow, row, stored, haveRead, ct);
            return (keyRow, step, step switch
            {
                ErasureStep.AwaitClock => context.Clock.Problem,
                ErasureStep.AwaitRing => "the ring is of an older day: it does not know the KEK of an erasure",
                _ => null,
            }, awaitsLog);
        }
        catch (Exception one) when (one is ErasureBlockedException or RowDamagedException)
        {
            // It holds up nobody else's.
            return (keyRow, ErasureStep.None, one.Message, false);
        }
    }

    private async Task FinishAsync(IReadOnlyList<RowKey> keyRows, Tally tally, CancellationToken ct)
    {
        try
        {
            tally.Add(await finisher.FinishAsync(keyRows, ct));
        }
        catch (StoreUnavailableException failed)
        {
            // A data store that cannot delete keeps nobody's key alive: the others' are destroyed all the same.
            tally.Add(new FinishReport(0, keyRows, failed.Message));
        }
    }

    private sealed class Tally
    {
        private readonly Dictionary<ErasureStep, int> _steps = [];
        private int _erased;
        private int _blocked;
        private string? _problem;

        /// <summary>Those that have no receipt although their keys are destroyed.</summary>
        public List<RowKey> Left { get; } = [];

        /// <summary>What waits for the log.</summary>
        public int AwaitLog { get; set; }

        public void Count(ErasureStep step) => _steps[step] = Of(step) + 1;

        public void Block(string why)
        {
            _blocked++;
            _problem ??= why;
        }

        public void Add(FinishReport report)
        {
            _erased += report.Done;
            Left.AddRange(report.Left);
            _problem ??= report.Problem;
        }

        public ErasureReport Report() => new(
            _erased, Of(ErasureStep.Final), Left.Count + _blocked, Of(ErasureStep.AwaitKek), Of(ErasureStep.AwaitSets),
            Of(ErasureStep.AwaitClock), AwaitLog, _problem);

        private int Of(ErasureStep step) => _steps.GetValueOrDefault(step);
    }
}
