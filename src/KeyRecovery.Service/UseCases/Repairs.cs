using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Stores;

namespace KeyRecovery.Service.UseCases;

/// <summary>Takes back from a client what the server lost: a chain that was rolled back with a backup, or all data.</summary>
public sealed class Repairs
{
    private readonly ServiceContext _context;

    internal Repairs(ServiceContext context) => _context = context;

    /// <summary>Repairs.</summary>
    /// <param name="keyId">Who the request says has signed it; a device.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="bundle">What the client gives.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask<Outcome<RepairResult>> RepairAsync(
        KeyId keyId, Func<VerifyKey, bool> verify, RepairBundle bundle, CancellationToken ct)
    {
        var outcome = await TryAsync(keyId, verify, bundle, ct);
        ServiceMeter.Repair(outcome is Outcome<RepairResult>.Failed failed ? failed.Failure.Code.ToString() : "Done");
        return outcome;
    }

    private async ValueTask<Outcome<RepairResult>> TryAsync(KeyId keyId, Func<VerifyKey, bool> verify, RepairBundle bundle, CancellationToken ct)
    {
        if (keyId.Account is not { } account) return ServiceFailure.Forbidden("keyid");
        if (!SignedByAddedDevice(keyId.Authority, verify, bundle)) return new ServiceFailure(ErrorCode.SignatureInvalid);

        var keyRowKey = _context.Lookups.Ids.KeyRow(account);
        if (await _context.Keys.ReadAsync(keyRowKey, ct) is not { } keyStored) return new ServiceFailure(ErrorCode.SignatureInvalid);
        var keyRow = KeyRow.Decode(keyStored.Value);
        if (keyRow.State == KeyRowState.Erased) return new ServiceFailure(ErrorCode.Erased);

        using var rows = await _context.SubjectKeys.OpenAsync(keyRowKey, keyRow, ct);
        var (stored, version) = await _context.Data.ReadVersionedAsync<AccountState?>(rows, rows.Account, AccountState.Decode, null, ct);
        var user = stored?.User ?? FindUser(bundle, account);
        if (user is null) return ServiceFailure.Refused("links", ProtocolFault.OtherBeginning);

        var policy = _context.Policies.Of(user.App);
        var (chain, field, fault, young) = RepairRules.Check(user.App, account, stored, keyRow.MinChain, bundle, _context.NowSeconds);
        if (young is { } signer)
        {
            var trustedFrom = RepairRules.TrustedFrom(signer, stored, _context.NowSeconds, policy);
            return new ServiceFailure(ErrorCode.YoungAuthority) { Field = field, TrustedFrom = trustedFrom };
        }
        if (chain is null) return ServiceFailure.Refused(field, fault);
        if (chain.FindActive(keyId.Authority) is null) return new ServiceFailure(ErrorCode.Revoked);
        if (stored is not null && stored.ManifestHash == bundle.Manifest.Hash)
            return new RepairResult(stored.Heads, await FindMissingAsync(rows, bundle, ct));

        var items = bundle.Manifest.Manifest;
        if (ItemRules.CheckSizes(items, ItemRules.Changes(null, items), policy) is { } limit) return limit;
        var next = RepairRules.Apply(user, stored, chain, bundle, _context.NowSeconds, policy);
        return await WriteAsync(keyStored, rows, stored, version, next, bundle, ct);
    }

    private static bool SignedByAddedDevice(AuthorityId id, Func<VerifyKey, bool> verify, RepairBundle bundle) =>
        bundle.Links.SelectMany(l => l.Link.Add).FirstOrDefault(a => a.Id == id && a.Kind == AuthorityKind.Device) is { } device
        && verify(device.SigningKey);

    // Data that are lost take the owner's name with them. Link 0 names the app by its hash; the configured app that fits is the one.
    private AppUser? FindUser(RepairBundle bundle, AccountId account)
    {
        var link = bundle.Links[0].Link;
        if (link.Add.FirstOrDefault(a => a.Id == link.Signer) is not { } device) return null;
        var app = _context.Policies.Apps.FirstOrDefault(
            a => AccountIds.Derive(a, device.SigningKey, device.KemKeyHash, link.Previous) == account);
        return app is null ? null : new AppUser(app, AppUser.Unknown, AppUser.Unknown);
    }

    private async ValueTask<Outcome<RepairResult>> WriteAsync(
        Row keyRow, AccountRows rows, AccountState? stored, long version, AccountState next, RepairBundle bundle, CancellationToken ct)
    {
        var known = stored is null ? 0 : stored.Chain.Sequence + 1;
        var lookups = bundle.Links.Where(l => l.Link.Sequence >= known).SelectMany(l => l.Link.Add)
            .Where(a => a.Kind != AuthorityKind.Device)
            .Select(a => _context.Lookups.Ensure(_context.Lookups.Ids.Slot(a.Id), next.Account)).ToList();
        // Together with the key row as it is: no lookup comes to lead to an account that is being erased.
        switch (lookups.Count == 0 ? null : await _context.Keys.WriteAsync([new RowWrite.Require(keyRow.Key, keyRow.Version), .. lookups], ct))
        {
            case WriteResult.Unavailable(var keysFault):
                return ServiceFailure.Of(keysFault);
            case WriteResult.Refused:
                return new ServiceFailure(ErrorCode.Unavailable);
        }

        var writes = new List<RowWrite>();
        writes.AddRange(bundle.Links.Where(l => l.Link.Sequence >= known)
            .Select(l => rows.Ensure(rows.Link(new LinkPlace(l.Link.Sequence, l.Hash)), l.Bytes.Span)));
        writes.Add(rows.Ensure(rows.Keyset(bundle.Keyset.Hash), bundle.Keyset.Bytes.Span));
        writes.Add(rows.Ensure(rows.Manifest(bundle.Manifest.Hash), bundle.Manifest.Bytes.Span));
        writes.Add(rows.Replace(rows.Account, next.Encode(), version));
        if (stored is not null && stored.ManifestHash != next.ManifestHash) writes.Add(new RowWrite.Remove(rows.Manifest(stored.ManifestHash)));
        if (stored is not null && stored.KeysetHash != next.KeysetHash) writes.Add(new RowWrite.Remove(rows.Keyset(stored.KeysetHash)));

        switch (await _context.Data.WriteAsync(writes, ct))
        {
            case WriteResult.Unavailable(var reason):
                return ServiceFailure.Of(reason);
            case WriteResult.Refused:
                var current = AccountState.Decode(await _context.Data.GetAsync(rows, rows.Account, ct));
                return new ServiceFailure(ErrorCode.StaleVersion) { Current = current.Heads };
        }
        foreach (var removed in bundle.Links.SelectMany(l => l.Link.Remove)) _context.Links.EndSessionsOf(next.Account, removed);
        if (await MinChain.AdvanceAsync(_context.Keys, keyRow.Key, next.LastRemoval, ct) is { } failure) return failure;
        return new RepairResult(next.Heads, await FindMissingAsync(rows, bundle, ct));
    }

    private async ValueTask<ImmutableArray<Hash256>> FindMissingAsync(AccountRows rows, RepairBundle bundle, CancellationToken ct)
    {
        var missing = ImmutableArray.CreateBuilder<Hash256>();
        foreach (var item in bundle.Manifest.Manifest.Items)
            if (await _context.Data.ReadAsync(rows.Item(item.Hash), ct) is null) missing.Add(item.Hash);
        return missing.ToImmutable();
    }
}
