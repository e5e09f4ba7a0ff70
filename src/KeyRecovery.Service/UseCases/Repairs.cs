using System.Collections.Immutable;
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
/// Takes back from a client what the server lost: what was committed since a backup, or all data.
/// </summary>
public sealed class Repairs
{
    private const int Attempts = 8;

    private readonly ServiceContext _context;

    internal Repairs(ServiceContext context) => _context = context;

    /// <summary>Repairs.</summary>
    /// <param name="keyId">Who the request says has signed it.</param>
    /// <param name="verify">Whether the request's signature verifies under a key.</param>
    /// <param name="user">Whose app token came along, of an app that asks for it beside a slot's signature; or null.
    /// </param>
    /// <param name="body">What the client gives: a <see cref="RepairBundle"/>, of which nothing was read.</param>
    /// <param name="ct">Cancels what was not yet written.</param>
    /// <param name="network">From which network it comes; empty where nobody knows.</param>
    public async ValueTask<Outcome<RepairResult>> RepairAsync(
        KeyId keyId, Func<VerifyKey, bool> verify, AppUser? user, ReadOnlyMemory<byte> body, CancellationToken ct,
        string network = "")
    {
        var outcome = await TryAsync(keyId, verify, user, body, network, ct);
        ServiceMeter.Repair(outcome is Outcome<RepairResult>.Failed failed ? failed.Failure.Code.ToString() : "Done");
        return outcome;
    }

    private async ValueTask<Outcome<RepairResult>> TryAsync(
        KeyId keyId, Func<VerifyKey, bool> verify, AppUser? user, ReadOnlyMemory<byte> body, string network,
        CancellationToken ct)
    {
        if (await FindAccountAsync(keyId, ct) is not { } account) return new ServiceFailure(ErrorCode.SignatureInvalid);
        var identified = Decode(() => Identify(account, keyId.Authority, verify, body));
        if (identified is Outcome<RepairSender>.Failed stranger) return stranger.Failure;
        var sender = ((Outcome<RepairSender>.Done)identified).Value;
        RepairBundle? bundle = null;
        using var turn = await _context.Turns.TakeAsync(account, ct);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            using var view = await _context.Door.ReadAsync(account, ct);
            if (view.Standing == AccountStanding.Erased) return new ServiceFailure(ErrorCode.Erased);
            if (!view.HasRows) return new ServiceFailure(ErrorCode.SignatureInvalid);
            if (keyId.Account is null && !await HasTokenAsync(view, account, sender.App, user, ct))
                return new ServiceFailure(ErrorCode.TokenInvalid);
            if (AccountDoor.ForbidsChange(view.KeyRow!) is { } suspended) return suspended;
            if (bundle is null)
            {
                var decoded = Decode<RepairBundle>(() => sender.Outline.Decode());
                if (decoded is Outcome<RepairBundle>.Failed malformed) return malformed.Failure;
                bundle = ((Outcome<RepairBundle>.Done)decoded).Value;
            }

            switch (await TryOnceAsync(view, account, sender, bundle, network, ct))
            {
                case WriteStep.Committed(var state):
                    return new RepairResult(state.Heads, await FindMissingAsync(view.Rows, bundle, ct));
                case WriteStep.Failed(var failure):
                    return failure with
                    {
                        Restored = view.KeyRow!.Claims, SignedHead = view.State?.SignedHead ?? default,
                    };
            }
        }

        return new ServiceFailure(ErrorCode.Unavailable);
    }

    // A slot knows no account's name; its lookup does.
    private async ValueTask<AccountId?> FindAccountAsync(KeyId keyId, CancellationToken ct)
    {
        if (keyId.Account is { } account) return account;
        return await _context.Keys.ReadAsync(_context.Lookups.Ids.Slot(keyId.Authority), ct) is { } lookup
            ? _context.Lookups.Open(lookup) : null;
    }

    // What an app asks of every request of a slot, it asks of this one as well: a code alone may be a thief's.
    private async ValueTask<bool> HasTokenAsync(
        AccountView view, AccountId account, string app, AppUser? user, CancellationToken ct)
    {
        if (!_context.Policies.Of(view.State?.User.App ?? app).CodeNeedsToken) return true;
        if (user is null) return false;
        return view.State is { } state
            ? await AccountOwners.IsOwnerAsync(_context, state, user, ct)
            : await _context.Names.FindAsync(user, ct) is { } lookup
                && _context.Lookups.Open(lookup) == account;
    }

    private async ValueTask<WriteStep> TryOnceAsync(
        AccountView view, AccountId account, RepairSender sender, RepairBundle bundle, string network,
        CancellationToken ct)
    {
        var (stored, now, actor) = (view.State, _context.Now, sender.Id);
        var writer = new AccountWriter(_context, view.Rows);
        var change = new AccountChange
        {
            Event = AuditEvent.Repaired,
            Network = network,
            Signer = actor,
            KeyRowKey = view.KeyRowKey,
            Stored = view.Stored,
            Next = stored!,
            Links = bundle.Links,
            Keysets = bundle.Keysets,
            Between = bundle.Between,
            Manifest = bundle.Manifest,
        };
        // The same once more, of which the answer was lost: what follows the commit point may be missing.
        if (stored is not null && stored.ManifestHash == bundle.Manifest.Hash
            && stored.Chain == new ChainPlace((ulong)bundle.Links.Length - 1, bundle.Links[^1].Hash)
            && stored.Authorities.GetValueOrDefault(actor)?.SigningKey == sender.Key)
            return await writer.FinishAsync(change, stored, [], ct);
        var manifest = stored is null
            ? null : await _context.Data.ReadAsync(view.Rows.Manifest(stored.ManifestHash), ct);
        if (stored is not null && manifest is null) return new WriteStep.Again();
        var current = manifest is null ? null : ManifestRow.Decode(view.Rows.Open(manifest));
        var app = stored?.User.App ?? sender.App;
        var restores = await _context.Restores.ReadAsync(ct);
        var request = new RepairRequest(
            app, account, actor, bundle, stored, current?.Manifest, view.KeyRow!, restores.Keys?.Id,
            HomeHead(account, bundle), now, _context.Policies.Of(app));
        var decision = RepairRules.Decide(request);
        if (decision is RepairDecision.Rejected(var refused)) return new WriteStep.Failed(refused);
        var accepted = (RepairDecision.Accepted)decision;
        var replaces = stored is not null && accepted.Trail.Descent != RepairDescent.Proved;
        var claim = replaces || accepted.Next.Supersedes is not null
            ? RepairClaim.Of(request, accepted, _context.AuditKey) : null;
        var known = request.RowPin is { } pin ? pin + 1 : 0;
        return await writer.WriteAsync(change with
        {
            Before = stored,
            ManifestBefore = manifest,
            ManifestNow = current,
            By = accepted.Author is { } author ? ChangeAuthor.Of(author, now) : null,
            Next = accepted.Next with
            {
                Opened = restores.Data,
                Claims = Claims.Join(view.KeyRow!.Claims, stored?.Claims ?? [], claim),
            },
            Links = [.. bundle.Links.Where(l => l.Link.Sequence >= known)],
            Changes = accepted.Changes,
            TrailBefore = accepted.Trail.Before,
            Replaces = replaces,
            ReplacesChain = stored is not null && request.RowPin is null,
            IsClaimed = claim is not null,
            MayLackItems = accepted.MayLackItems,
        }, ct);
    }

    private AccountHead? HomeHead(AccountId account, RepairBundle bundle) =>
        bundle.Head is { } head && head.Head.Account == account && head.IsSignedBy([_context.AuditKey.PublicKey])
            ? head.Head : null;

    // A stranger may have made the whole chain up, but for its beginning: until that holds, nothing is read or decoded.
    private Outcome<RepairSender> Identify(
        AccountId account, AuthorityId signer, Func<VerifyKey, bool> verify, ReadOnlyMemory<byte> body)
    {
        var outline = RepairOutline.Read(body);
        if (outline.Find(signer) is not { } key) return new ServiceFailure(ErrorCode.SignatureInvalid);
        ServiceMeter.Verification();
        if (!verify(key)) return new ServiceFailure(ErrorCode.SignatureInvalid);
        return outline.FindApp(_context.Policies.Apps, account) is { } app
            ? new RepairSender(outline, app, signer, key)
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

    // Whoever sends a repair, by a key that its links tell.
    private sealed record RepairSender(RepairOutline Outline, string App, AuthorityId Id, VerifyKey Key);
}
