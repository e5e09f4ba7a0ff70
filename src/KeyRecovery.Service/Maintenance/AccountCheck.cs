using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Service.Maintenance;

/// <summary>
/// Checks one account whole: what its rows say, that each row which is named is there, and the lookups that lead to it.
/// </summary>
internal sealed class AccountCheck(ServiceContext context, ScannedAccount account, LogAudit? log)
{
    private readonly List<string> _faults = [];
    private readonly Dictionary<ulong, ImmutableArray<AuthorityId>> _members = [];
    private ImmutableArray<EpochSeals> _seals = [];

    /// <summary>The rows that the account leads to.</summary>
    public HashSet<RowKey> Named { get; } = [account.Rows.Account];

    /// <summary>The lookups that lead to it.</summary>
    public HashSet<RowKey> Lookups { get; } = [];

    /// <returns>What is wrong; empty where all is well.</returns>
    public async ValueTask<IReadOnlyList<string>> RunAsync(CancellationToken ct)
    {
        try
        {
            var (rows, data) = (account.Rows, context.Data);
            var state = AccountRow.Decode(rows.Open(account.AccountRow!));
            var isBehind = await context.Openings.IsBehindAsync(rows, account.KeyRow, state, ct);
            if (isBehind) _faults.Add("chain: lacks the newest link that the key row remembers");
            else if (account.KeyRow.MinChain?.ManifestVersion > state.ManifestVersion && state.Restored is null)
                _faults.Add("manifest: older than the newest link's");
            var names = await AccountNames.ReadAsync(data, rows, state, context.Now, ct);
            Named.UnionWith(names.Rows);
            var head = await ReplayAsync(state, ct);
            if (head is not null) await CheckVaultAsync(state, head, ct);
            if (state.KeptBytes < names.KeptBytes) _faults.Add("account: more is kept than is counted");
            await CheckHistoryAsync(names, ct);
            foreach (var point in state.Points) await CheckPointAsync(point, state, ct);
            await CheckTrailAsync(state, ct);
            CheckClaims(state);
            await CheckLookupsAsync(state, ct);
            if (log is not null && await log.CheckAsync(account, state, ct) is { } unlogged) _faults.Add(unlogged);
        }
        catch (Exception e) when (e is RowDamagedException or WireFormatException)
        {
            _faults.Add(e.Message);
        }

        return _faults;
    }

    private async ValueTask<ChainHead?> ReplayAsync(AccountState state, CancellationToken ct)
    {
        ChainHead? head = null;
        var bytes = 0L;
        await foreach (var entry in new ChainLinkReader(context.Data, account.Rows, state).ReadAllAsync(ct))
        {
            var link = SignedChainLink.Decode(entry.Link);
            if ((head is null ? ChainHead.Start(state.User.App, link) : head.Append(link)) is not ChainHeadStep.Ok ok)
            {
                _faults.Add("chain: does not verify");
                return null;
            }

            head = ok.Head;
            bytes += link.Bytes.Length;
            _seals = EpochSeals.After(_seals, link.Link, head);
            // What links since a backup brought to an epoch that is over, no repair gives back.
            if (state.Claims.IsEmpty || state.Points.Any(p => p.ChainSequence == link.Link.Sequence))
                _members[head.Epoch] = [.. head.Active.Keys];
        }

        if (head is null || head.Place != state.Chain) _faults.Add("chain: not the account's head");
        else if (!head.Used.Packed.Span.SequenceEqual(state.Used.Packed.Span))
            _faults.Add("chain: not the names that it has used");
        else if (!head.Path.Skips.SequenceEqual(state.Path.Skips) || head.Epoch != state.Path.Newest)
            _faults.Add("chain: not the path of its epochs");
        else if (bytes != state.ChainBytes) _faults.Add("chain: not the size of its links");
        return head;
    }

    private async ValueTask CheckVaultAsync(AccountState state, ChainHead head, CancellationToken ct)
    {
        var (rows, data) = (account.Rows, context.Data);
        var keysets = ImmutableArray.CreateBuilder<Keyset>();
        foreach (var hash in state.Keysets)
            keysets.Add(Keyset.Decode(await data.GetAsync(rows, rows.Keyset(hash), ct)));
        if (EpochKeyset.Join(head, _seals, keysets.ToImmutable()).Fault is var k and not ProtocolFault.None)
            _faults.Add($"keyset: {k}");
        var manifest = ManifestRow.Decode(await data.GetAsync(rows, rows.Manifest(state.ManifestHash), ct)).Manifest;
        if (manifest.CheckAgainst(head) is var m and not ProtocolFault.None) _faults.Add($"manifest: {m}");
        if (manifest.Manifest.Trail != state.ManifestTrail) _faults.Add("manifest: not the account's trail");
        var signed = SignedHead.Decode(state.SignedHead);
        if (signed.Head != AccountHead.Of(head.Place, manifest, signed.Head.Time)
            || !signed.IsSignedBy([context.AuditKey.PublicKey]))
            _faults.Add("head: not signed for what the account has");
        if (state.LiveBytes != manifest.Manifest.Items.Sum(i => i.Size))
            _faults.Add("account: not the size of its items");
        foreach (var item in manifest.Manifest.Items)
        {
            var bytes = await data.FindAsync(rows, rows.Item(item.Hash), ct);
            if (bytes is null) _faults.Add("item: missing");
            else if (item.Check(manifest.Manifest.Account, bytes) is var check and not ProtocolFault.None)
                _faults.Add($"item: {check}");
        }

        foreach (var staged in state.Staged)
            if (await data.HeadAsync(rows.Item(staged.Hash), ct) is null) _faults.Add("item: staged, and missing");
    }

    // An older version that is told and not there would fail whoever asks for it.
    private async ValueTask CheckHistoryAsync(AccountNames names, CancellationToken ct)
    {
        foreach (var item in names.Confirmed)
            if (await context.Data.HeadAsync(account.Rows.Item(item), ct) is null)
                _faults.Add("item: an older version is missing");
    }

    // A point that cannot be gone back to would be found out on the day of an attack.
    private async ValueTask CheckPointAsync(RestorePointEntry point, AccountState state, CancellationToken ct)
    {
        var (rows, data) = (account.Rows, context.Data);
        if (await data.FindAsync(rows, rows.Manifest(point.Manifest.Hash), ct) is not { } row
            || ManifestRow.Decode(row).Manifest is var manifest && manifest.Place != point.Manifest)
            _faults.Add("restore point: its manifest is missing");
        else if (manifest.Manifest.ChainHead.Sequence != point.ChainSequence || manifest.Manifest.Epoch != point.Epoch)
            _faults.Add("restore point: not its manifest's place");
        if (point.IsReplaced ? !IsSignedOf(point)
            : await new TrailReader(data, rows, state).ConfirmAsync(point.Manifest, ct) != Confirmation.Happened)
            _faults.Add("restore point: not in the account's trail");
        if (point.Epoch == state.Path.Newest) return;
        foreach (var id in _members.GetValueOrDefault(point.Epoch, []).Where(state.Authorities.ContainsKey))
            if (await data.FindAsync(rows, rows.Seal(point.Epoch, id), ct) is not { Length: KeysetEntry.SealSize })
                _faults.Add("restore point: a seal is missing");
    }

    // No trail leads from a state that a repair replaced: the server's own word stands for it.
    private bool IsSignedOf(RestorePointEntry point) =>
        SignedHead.Decode(point.Head) is var head && head.IsSignedBy([context.AuditKey.PublicKey])
            && head.Head.Manifest == point.Manifest && head.Head.Chain.Sequence == point.ChainSequence;

    // From version 1, or above the newest gap, up to the manifest: what a reader verifies.
    private async ValueTask CheckTrailAsync(AccountState state, CancellationToken ct)
    {
        var (first, trail) = state.Gaps.IsEmpty ? (1, default) : (state.Gaps[^1].To + 1, state.Gaps[^1].Trail);
        var hashes = await new TrailReader(context.Data, account.Rows, state).FindFromAsync(first, int.MaxValue, ct);
        if (hashes is null) throw new RowDamagedException(Table.Trails);
        // Of a very long one the oldest are not kept.
        if (state.Gaps.IsEmpty && (ulong)hashes.Count < state.ManifestVersion - 1) return;
        if ((ulong)hashes.Count != state.ManifestVersion - first
            || ManifestTrail.Next(trail, hashes) != state.ManifestTrail)
            _faults.Add("trail: does not come out");
    }

    private void CheckClaims(AccountState state)
    {
        foreach (var claim in state.Claims.Concat(account.KeyRow.Claims).Select(SignedClaim.Decode))
            if (claim.Claim.Account != state.Account || !claim.IsSignedBy([context.AuditKey.PublicKey]))
                _faults.Add("claim: not this server's of this account");
    }

    private async ValueTask CheckLookupsAsync(AccountState state, CancellationToken ct)
    {
        var ids = context.Lookups.Ids;
        var places = state.Authorities.Values.Where(a => a.IsSlot).Select(a => ids.Slot(a.Id)).ToList();
        if (state.User.Issuer != AppUser.Unknown) places.Add(ids.Subject(state.User));
        places.Add(ids.AppAccount(state.User.App, state.Account));
        foreach (var place in places)
        {
            Lookups.Add(place);
            var lookup = await context.Keys.ReadAsync(place, ct);
            // Of an account from before there were lists; the sweep adds it, and nobody is found by one.
            if (lookup is null && place.Table == Table.AppAccounts) continue;
            if (lookup is null || context.Lookups.Open(lookup) != state.Account)
                _faults.Add($"{place.Table}: a lookup does not lead to its account");
        }
    }
}
