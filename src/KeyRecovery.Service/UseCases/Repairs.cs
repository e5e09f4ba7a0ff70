using System.Collections.Immutable;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;
using KeyRecovery.Service.Gate;
using KeyRecovery.Service.Operations;
using KeyRecovery.Service.Rows;
using KeyRecovery.Service.Telemetry;

namespace KeyRecovery.Service.UseCases;

/// <summary>
/// Takes back from a client what the server lost: a chain that was rolled back with a backup, or all data.
/// </summary>
public sealed class Repairs
{
    private const int Attempts = 8;

    private readonly ServiceContext _context;

    internal Repairs(ServiceContext context) => _context = context;

    /// <summary>Repairs.</summary>
    /// <param name="keyId">Who the request says has signed it; a device.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="body">What the client gives: a <see cref="RepairBundle"/>, of which nothing was read.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    public async ValueTask<Outcome<RepairResult>> RepairAsync(
        KeyId keyId, Func<VerifyKey, bool> verify, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        var outcome = await TryAsync(keyId, verify, body, ct);
        ServiceMeter.Repair(outcome is Outcome<RepairResult>.Failed failed ? failed.Failure.Code.ToString() : "Done");
        return outcome;
    }

    private async ValueTask<Outcome<RepairResult>> TryAsync(
        KeyId keyId, Func<VerifyKey, bool> verify, ReadOnlyMemory<byte> body, CancellationToken ct)
    {
        if (keyId.Account is not { } account) return ServiceFailure.Forbidden("keyid");
        var sender = Decode(() => Identify(account, keyId.Authority, verify, body));
        if (sender is Outcome<(RepairOutline, string)>.Failed stranger) return stranger.Failure;
        var (outline, app) = ((Outcome<(RepairOutline, string)>.Done)sender).Value;
        RepairBundle? bundle = null;
        using var turn = await _context.Turns.TakeAsync(account, ct);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var view = await _context.Door.ReadAsync(account, ct);
            if (view.Standing == AccountStanding.Erased) return new ServiceFailure(ErrorCode.Erased);
            if (!view.HasRows) return new ServiceFailure(ErrorCode.SignatureInvalid);
            if (bundle is null)
            {
                var decoded = Decode<RepairBundle>(() => outline.Decode());
                if (decoded is Outcome<RepairBundle>.Failed malformed) return malformed.Failure;
                bundle = ((Outcome<RepairBundle>.Done)decoded).Value;
            }

            switch (await TryOnceAsync(view, account, app, keyId.Authority, bundle, ct))
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
        AccountView view, AccountId account, string app, AuthorityId actor, RepairBundle bundle, CancellationToken ct)
    {
        var (stored, now) = (view.State, _context.Now);
        // Data that are lost take the owner's name with them.
        var user = stored?.User ?? new AppUser(app, AppUser.Unknown, AppUser.Unknown);
        var policy = _context.Policies.Of(user.App);
        var decision = RepairRules.Decide(
            user.App, account, actor, stored, view.KeyRow!.MinChain, bundle, now, policy);
        if (decision is RepairDecision.Rejected(var refused)) return new WriteStep.Failed(refused);
        var accepted = (RepairDecision.Accepted)decision;
        if (!accepted.Head.Active.ContainsKey(actor))
            return new WriteStep.Failed(new ServiceFailure(ErrorCode.Revoked));
        var manifest = stored is null
            ? null : await _context.Data.ReadAsync(view.Rows.Manifest(stored.ManifestHash), ct);
        var known = stored is null ? 0 : stored.Chain.Sequence + 1;
        var change = new AccountChange
        {
            KeyRowKey = view.KeyRowKey,
            Stored = view.Stored,
            Before = stored,
            ManifestBefore = manifest,
            ManifestNow = manifest is null ? null : ManifestRow.Decode(view.Rows.Open(manifest)),
            Next = RepairRules.Apply(user, stored, accepted, bundle, now, policy),
            Links = [.. bundle.Links.Where(l => l.Link.Sequence >= known)],
            Keysets = bundle.Keysets,
            Between = bundle.Between,
            Manifest = bundle.Manifest,
            MayLackItems = true,
        };
        var writer = new AccountWriter(_context, view.Rows);
        if (stored is not null && stored.ManifestHash == bundle.Manifest.Hash)
            return await writer.FinishAsync(change, stored, [], ct);
        var items = bundle.Manifest.Manifest;
        if (ItemRules.CheckSizes(items, ItemRules.Changes(null, items), policy) is { } limit)
            return new WriteStep.Failed(limit);
        return await writer.WriteAsync(change, ct);
    }

    // A stranger may have made the whole chain up, but for its beginning: until that holds, nothing is read or decoded.
    private Outcome<(RepairOutline Outline, string App)> Identify(
        AccountId account, AuthorityId signer, Func<VerifyKey, bool> verify, ReadOnlyMemory<byte> body)
    {
        var outline = RepairOutline.Read(body);
        if (outline.Find(signer) is not { } key) return new ServiceFailure(ErrorCode.SignatureInvalid);
        ServiceMeter.Verification();
        if (!verify(key)) return new ServiceFailure(ErrorCode.SignatureInvalid);
        return outline.FindApp(_context.Policies.Apps, account) is { } app
            ? (outline, app)
            : ServiceFailure.Refused("links", ProtocolFault.OtherBeginning);
    }

    private static Outcome<T> Decode<T>(Func<Outcome<T>> read)
    {
        try
        {
            return read();
        }
        catch (WireFormatException malformed)
        {
            return ServiceFailure.Refused(malformed.Part ?? "repair", ProtocolFault.Malformed);
        }
        catch (UpgradeRequiredException)
        {
            return new ServiceFailure(ErrorCode.Refused) { Rule = ProtocolFault.UpgradeRequired };
        }
    }

    private async ValueTask<ImmutableArray<Hash256>> FindMissingAsync(
        AccountRows rows, RepairBundle bundle, CancellationToken ct)
    {
        var missing = ImmutableArray.CreateBuilder<Hash256>();
        foreach (var item in bundle.Manifest.Manifest.Items)
            if (await _context.Data.HeadAsync(rows.Item(item.Hash), ct) is null) missing.Add(item.Hash);
        return missing.ToImmutable();
    }
}
