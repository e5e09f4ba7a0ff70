using KeyRecovery.Service.Stores;
using KeyRecovery.Service.Tables;

namespace KeyRecovery.Service.Moves;

/// <summary>
/// Moves a server's rows from one pair of stores to another, as they are: ids, values, versions and hours. Nothing is
/// opened. What is cut short anywhere goes on when it is begun again (docs/storage.md §12).
/// </summary>
/// <param name="from">The stores that are left.</param>
/// <param name="to">Those that are filled.</param>
/// <param name="tables">The tables that there are.</param>
/// <param name="random">Draws the move's id.</param>
/// <param name="atOnce">How many requests may be under way, from 1.</param>
/// <param name="progress">Is told of each row, from several threads.</param>
public sealed class StoreMove(
    IMoveSource from, IMoveDestination to, TableRegistry tables, IRandom random, int atOnce,
    IProgress<MoveProgress>? progress = null)
{
    /// <summary>Counts what there is, and looks whether it can be moved; changes nothing.</summary>
    /// <exception cref="MoveRefusedException">The destination holds something else.</exception>
    /// <exception cref="StoreOpenException">One of the two cannot be opened.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async Task<MovePlan> PlanAsync(CancellationToken ct)
    {
        var source = await from.OpenToLeaveAsync().ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            var target = await to.OpenToFillAsync().ConfigureAwait(false);
            await using (target.ConfigureAwait(false))
            {
                await StandingAsync(source, target, ct).ConfigureAwait(false);
                return await CopyOf(source, target).CountAsync(ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Moves everything, or goes on with it. Done before: nothing is done.</summary>
    /// <returns>What was moved; null where it had been before.</returns>
    /// <exception cref="MoveRefusedException">
    /// The destination holds something else, or the copy is not like its source: it stays closed.
    /// </exception>
    /// <exception cref="StoreOpenException">One of the two cannot be opened.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot answer: the same again goes on.</exception>
    public async Task<MovePlan?> RunAsync(CancellationToken ct)
    {
        var source = await from.OpenToLeaveAsync().ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            var target = await to.OpenToFillAsync().ConfigureAwait(false);
            await using (target.ConfigureAwait(false))
            {
                if (await StandingAsync(source, target, ct).ConfigureAwait(false) == Standing.Done) return null;
                return await RunAsync(source, target, ct).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Gives the move up: the source may be served again. Only while nobody can have served from the destination.
    /// </summary>
    /// <exception cref="MoveRefusedException">
    /// There is no move; somebody has served from the destination, or nobody can tell.
    /// </exception>
    /// <exception cref="StoreOpenException">One of the two cannot be opened.</exception>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async Task GiveUpAsync(CancellationToken ct)
    {
        var source = await from.OpenToLeaveAsync().ConfigureAwait(false);
        await using (source.ConfigureAwait(false))
        {
            var mark = source.Mark ?? throw Refused.NothingToGiveUp(from);
            // Until the source says that it was left, nobody can have opened the destination, and nobody will.
            if (mark.State == MoveState.Left) await CloseTargetAsync(source, mark, ct).ConfigureAwait(false);
            await source.MarkAsync(null).ConfigureAwait(false);
        }
    }

    private async Task CloseTargetAsync(IDeparture source, MoveMark mark, CancellationToken ct)
    {
        ct.ThrowIfCancellationRequested();
        var target = await to.OpenToFillAsync().ConfigureAwait(false);
        await using (target.ConfigureAwait(false))
        {
            DemandSamePlace(mark);
            if (target.PairId is not { } pair) throw Refused.Gone(to);
            if (target.Mark is not { } there)
                throw pair.Span.SequenceEqual(source.PairId.Span) ? Refused.Served(to) : Refused.OtherPair(to);
            if (there.Id != mark.Id) throw Refused.OtherMove(to, there);
            if (there.State != MoveState.GivenUp)
                await target.MarkAsync(there with { State = MoveState.GivenUp }).ConfigureAwait(false);
        }
    }

    private async Task<MovePlan> RunAsync(IDeparture source, IArrival target, CancellationToken ct)
    {
        var copy = CopyOf(source, target);
        var plan = await copy.CountAsync(ct).ConfigureAwait(false);
        if (plan.TooLarge.Count > 0) throw Refused.TooLarge(plan.TooLarge);
        // The fence comes first, and the destination is opened last: never may both be served.
        var mark = source.Mark ?? new MoveMark(DrawId(), MoveState.Leaving, PlaceOf(to));
        await source.MarkAsync(mark).ConfigureAwait(false);
        var filling = new MoveMark(mark.Id, MoveState.Filling, PlaceOf(from));
        await target.BeginAsync(source.PairId, filling).ConfigureAwait(false);
        await copy.CopyAsync(plan, ct).ConfigureAwait(false);
        await copy.CompareAsync(plan, ct).ConfigureAwait(false);
        await source.MarkAsync(mark with { State = MoveState.Left }).ConfigureAwait(false);
        await target.MarkAsync(filling with { State = MoveState.Ready }).ConfigureAwait(false);
        return plan;
    }

    // What is there is no obstacle, or it is refused by name.
    private async Task<Standing> StandingAsync(IDeparture source, IArrival target, CancellationToken ct)
    {
        if (source.Mark is { } ours) DemandSamePlace(ours);
        if (target.PairId is not { } pair)
        {
            if (source.Mark is { State: MoveState.Left }) throw Refused.Gone(to);
            if (await target.FindStrangerAsync(ct).ConfigureAwait(false) is { } stranger)
                throw Refused.Strangers(to, stranger);
            return Standing.Open;
        }

        if (!pair.Span.SequenceEqual(source.PairId.Span)) throw Refused.OtherPair(to);
        return (source.Mark, target.Mark) switch
        {
            ({ State: MoveState.Left }, null) => Standing.Done,
            (_, null) => throw Refused.Served(to),
            ({ State: MoveState.Left } left, { State: MoveState.Ready } there) when left.Id == there.Id
                => Standing.Done,
            ({ } mark, { State: MoveState.Filling } there) when mark.Id == there.Id => Standing.Open,
            (_, { } there) => throw Refused.OtherMove(to, there),
        };
    }

    private void DemandSamePlace(MoveMark mark)
    {
        if (mark.Other != PlaceOf(to)) throw Refused.OtherPlace(from, mark);
    }

    private MoveCopy CopyOf(IDeparture source, IArrival target) => new(source, target, tables, atOnce, progress);

    private Guid DrawId()
    {
        Span<byte> drawn = stackalloc byte[16];
        random.Fill(drawn);
        return new Guid(drawn);
    }

    private static string PlaceOf(IStoreHome home) =>
        $"{home.PlaceOf(StoreKind.Data)} and {home.PlaceOf(StoreKind.Keys)}";

    private enum Standing
    {
        Open,
        Done,
    }

    private static class Refused
    {
        public static MoveRefusedException NothingToGiveUp(IStoreHome home) =>
            new($"no move has been begun from {PlaceOf(home)}");

        public static MoveRefusedException OtherPlace(IStoreHome home, MoveMark mark) =>
            new($"{PlaceOf(home)} are on their way to {mark.Other}, and not to where the settings say");

        public static MoveRefusedException Gone(IStoreHome home) =>
            new($"{PlaceOf(home)} are gone, though everything was moved there, and nobody can tell whether a server "
                + "has served from them: have the platform restore them");

        public static MoveRefusedException Served(IStoreHome home) =>
            new($"a server has opened {PlaceOf(home)} since: what it has written is there alone");

        public static MoveRefusedException OtherPair(IStoreHome home) =>
            new($"{PlaceOf(home)} are another server's: name databases that do not exist");

        public static MoveRefusedException OtherMove(IStoreHome home, MoveMark there) =>
            new($"{PlaceOf(home)} have what another move has left ({there.State}, from {there.Other}): delete those "
                + "databases, or name others");

        public static MoveRefusedException Strangers(IStoreHome home, string stranger) =>
            new($"{PlaceOf(home)} are no stores, and not empty: {stranger} lies there");

        public static MoveRefusedException TooLarge(IReadOnlyList<string> rows) =>
            new($"nothing was moved: the destination does not take {string.Join("; ", rows)}");
    }
}
