using System.Collections.Immutable;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Clocks;
using KeyRecovery.Service.Log;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.Gate;

/// <summary>
/// The first time that an account is met after its data went back, or are gone: it is claimed as it was found, in the
/// key row and then in the account row. Found once more after a cut, it is the same claim.
/// </summary>
internal sealed class FirstOpening(
    IDataStore data, IKeyStore keys, RestoreLog restores, SigningKey auditKey, IRandom random,
    Func<Hash256> policy, Func<Moment> now)
{
    /// <summary>Claims what is still to be claimed.</summary>
    /// <param name="rows">What opens the account's rows.</param>
    /// <param name="account">The account, where it is known: without it and without a row nothing is claimed.</param>
    /// <param name="keyStored">The key row as it was read.</param>
    /// <param name="keyRow">What stands in it.</param>
    /// <param name="stored">The account row as it was read; null where it is missing.</param>
    /// <param name="state">What stands in it.</param>
    /// <param name="ct">Cancels.</param>
    /// <returns>Whether something was written, by this or another: the rows are to be read anew.</returns>
    /// <exception cref="StoreUnavailableException">A store cannot answer.</exception>
    public async ValueTask<bool> OpenAsync(
        AccountRows rows, AccountId? account, Row keyStored, KeyRow keyRow, Row? stored, AccountState? state,
        CancellationToken ct)
    {
        if (keyRow.State != KeyRowState.Live || (state?.Account ?? account) is not { } whose) return false;
        var newest = (await restores.ReadAsync(ct)).Data;
        var isRestored = state is not null && newest is { } restore && restore.IsNewerThan(state.Opened);
        if (!isRestored && !IsLoss(keyRow, state, newest)) return false;
        var mark = isRestored ? newest!.Value
            : keyRow.Loss is { } known && newest?.IsNewerThan(known) is not true ? known : Draw();
        var claim = Claim(whose, mark, keyRow, state);
        var claims = Claims.Join(keyRow.Claims, state?.Claims ?? [], claim);
        var next = keyRow with { Loss = isRestored ? null : mark, Claims = claims };
        if (next.Loss != keyRow.Loss || !HaveSame(claims, keyRow.Claims))
            return await WriteAsync(keys, [new RowWrite.Replace(keyStored, next.Encode())], ct);
        if (state is null) return false;
        var opened = state with
        {
            Opened = newest,
            Restored = new AccountRestore(mark, false),
            Lacks = await LacksAsync(data, rows, state, keyRow.MinChain, ct) ? keyRow.MinChain!.Place : null,
            Claims = claims,
        };
        var logged = LoggedChange.Of(Detail(whose, claim.Claim), rows, rows.Account, stored, random, feed: null);
        // Where a part of the activity is lost, the account opens all the same.
        if (await ActivityAppend.OfAsync(data, rows, opened.Activity, [logged.Entry], ct) is not { } added)
            return await WriteAsync(data, [rows.Write(rows.Account, stored, opened.Encode())], ct);
        opened = opened with { Activity = added.Activity };
        return await WriteAsync(
            data,
            [
                .. added.Writes, logged.Outbox, rows.Write(rows.Account, stored, opened.Encode(), logged.Id),
                .. added.Superseded,
            ], ct);
    }

    private AuditDetail Detail(AccountId account, RestoredClaim claim) => new()
    {
        Account = account,
        Time = now().Wall,
        Event = AuditEvent.FoundRestored,
        Role = AuditRole.Server,
        Network = "",
        Label = LeafLabel.Draw(random),
        Chain = new ChainPlace(claim.ChainSequence, default),
        Manifest = new ManifestPlace(claim.ManifestVersion, default),
        Policy = policy(),
    };

    /// <summary>Whether an account lacks its newest link, also where it was not opened yet since a restore.</summary>
    /// <exception cref="RowDamagedException">Its links are not there.</exception>
    public async ValueTask<bool> IsBehindAsync(
        AccountRows rows, KeyRow keyRow, AccountState state, CancellationToken ct) =>
        MinChain.IsBehind(keyRow.MinChain, state)
            || ((await restores.ReadAsync(ct)).Data?.IsNewerThan(state.Opened) is true
                && await LacksAsync(data, rows, state, keyRow.MinChain, ct));

    /// <summary>Whether an account's chain does not have the remembered link; at most two point reads.</summary>
    /// <exception cref="RowDamagedException">Its links are not there.</exception>
    public static async ValueTask<bool> LacksAsync(
        IDataStore data, AccountRows rows, AccountState state, MinChain? min, CancellationToken ct) =>
        min is not null && min.Place != state.Chain && min.Place != state.Supersedes
            && !await new ChainLinkReader(data, rows, state).ContainsAsync(min.Place, ct);

    // Where the row does not have a claim that was made since, another backup was served in between: the lines part
    // below that one's place.
    private SignedClaim Claim(AccountId account, RestoreMark mark, KeyRow keyRow, AccountState? state)
    {
        var (sequence, version) = (state?.Chain.Sequence ?? 0, state?.ManifestVersion ?? 0);
        foreach (var claim in Claims.Missing(keyRow.Claims, state?.Claims ?? []))
        {
            // Its own, found once more after a cut.
            if (claim.Restore == mark.Id && claim.Time == mark.Time) continue;
            sequence = Math.Min(sequence, claim.ChainSequence);
            version = Math.Min(version, claim.ManifestVersion);
        }

        return SignedClaim.Sign(new RestoredClaim(mark.Id, account, sequence, version, mark.Time), auditKey);
    }

    // The row is missing, or from before the newest link, and nobody has said so yet: a file was put back by hand.
    private static bool IsLoss(KeyRow keyRow, AccountState? state, RestoreMark? newest) => state is null
        ? keyRow.Loss is not { } known || newest?.IsNewerThan(known) is true
        : MinChain.IsBehind(keyRow.MinChain, state)
            && (state.Restored is null || state.Lacks != keyRow.MinChain!.Place);

    // Later than every head that was signed before.
    private RestoreMark Draw() => new(RestoreId.Draw(random), now().Latest + 1);

    private static bool HaveSame(
        ImmutableArray<ReadOnlyMemory<byte>> some, ImmutableArray<ReadOnlyMemory<byte>> others) =>
        some.Length == others.Length && some.Zip(others).All(p => p.First.Span.SequenceEqual(p.Second.Span));

    private static async ValueTask<bool> WriteAsync(
        IRowStore store, IReadOnlyList<RowWrite> writes, CancellationToken ct) =>
        await store.WriteAsync(writes, ct) is WriteResult.Unavailable(_, var reason)
            ? throw new StoreUnavailableException(reason, "a restored account cannot be claimed") : true;
}
