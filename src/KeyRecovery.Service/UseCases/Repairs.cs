using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;

namespace KeyRecovery.Service.UseCases;

/// <summary>Takes back from a client what the server lost: a chain that was rolled back with a backup, or all data.</summary>
public sealed class Repairs
{
    private const int Attempts = 8;

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
        using var turn = await _context.Turns.TakeAsync(account, ct);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var view = await _context.Door.ReadAsync(account, ct);
            if (view.Standing == AccountStanding.Erased) return new ServiceFailure(ErrorCode.Erased);
            if (!view.HasRows) return new ServiceFailure(ErrorCode.SignatureInvalid);
            switch (await TryOnceAsync(view, account, keyId.Authority, bundle, ct))
            {
                case WriteStep.Committed(var state):
                    return new RepairResult(state.Heads, await FindMissingAsync(view.Rows, bundle, ct));
                case WriteStep.Failed(var failure):
                    return failure;
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    private async ValueTask<WriteStep> TryOnceAsync(
        AccountView view, AccountId account, AuthorityId actor, RepairBundle bundle, CancellationToken ct)
    {
        var (stored, now) = (view.State, _context.NowSeconds);
        var user = stored?.User ?? FindUser(bundle, account);
        if (user is null) return new WriteStep.Failed(ServiceFailure.Refused("links", ProtocolFault.OtherBeginning));
        var policy = _context.Policies.Of(user.App);
        var decision = RepairRules.Decide(user.App, account, stored, view.KeyRow!.MinChain, bundle, now, policy);
        if (decision is RepairDecision.Rejected(var refused)) return new WriteStep.Failed(refused);
        var accepted = (RepairDecision.Accepted)decision;
        if (!accepted.Head.Active.ContainsKey(actor)) return new WriteStep.Failed(new ServiceFailure(ErrorCode.Revoked));
        var known = stored is null ? 0 : stored.Chain.Sequence + 1;
        var change = new AccountChange
        {
            KeyRowKey = view.KeyRowKey,
            Stored = view.Stored,
            Before = stored,
            ManifestBefore = stored is null ? null : await _context.Data.ReadAsync(view.Rows.Manifest(stored.ManifestHash), ct),
            Next = RepairRules.Apply(user, stored, accepted, bundle, now, policy),
            Links = [.. bundle.Links.Where(l => l.Link.Sequence >= known)],
            Keyset = bundle.Keyset,
            Manifest = bundle.Manifest,
            MayLackItems = true,
        };
        var writer = new AccountWriter(_context, view.Rows);
        if (stored is not null && stored.ManifestHash == bundle.Manifest.Hash)
            return await writer.FinishAsync(change, stored, [], ct);
        var items = bundle.Manifest.Manifest;
        if (ItemRules.CheckSizes(items, ItemRules.Changes(null, items), policy) is { } limit) return new WriteStep.Failed(limit);
        return await writer.WriteAsync(change, ct);
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

    private async ValueTask<ImmutableArray<Hash256>> FindMissingAsync(AccountRows rows, RepairBundle bundle, CancellationToken ct)
    {
        var missing = ImmutableArray.CreateBuilder<Hash256>();
        foreach (var item in bundle.Manifest.Manifest.Items)
            if (await _context.Data.ReadAsync(rows.Item(item.Hash), ct) is null) missing.Add(item.Hash);
        return missing.ToImmutable();
    }
}
