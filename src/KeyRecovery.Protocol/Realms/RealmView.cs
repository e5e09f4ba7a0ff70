using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Realms;

/// <summary>
/// What a realm knows of an account's chain, and how a head moves it on (docs/protocol.md §14.4): pure, and without the
/// links. The home server and an authority are both needed to move it.
/// </summary>
public sealed record RealmView
{
    private RealmView() { }

    /// <summary>The newest head that was followed.</summary>
    public required SignedHead Head { get; init; }

    /// <summary>The claims that were taken with it, the newest 16.</summary>
    public ImmutableArray<SignedClaim> Claims { get; init; } = [];

    /// <summary>The first head that contradicted it, for 30 days at least, or null.</summary>
    public SignedHead? Contradicting { get; init; }

    /// <summary>Since when it counts, in seconds since 1970 by the realm's clock: an objection has it begin anew.
    /// </summary>
    public ulong ContradictingAt { get; init; }

    /// <summary>The head in whose place it was taken, or null.</summary>
    public SignedHead? Replaced { get; init; }

    /// <summary>When that was, in seconds since 1970 by the realm's clock.</summary>
    public ulong ReplacedAt { get; init; }

    /// <summary>Who is active at the head, ascending by id.</summary>
    public required ImmutableSortedDictionary<AuthorityId, RealmAuthority> Active { get; init; }

    /// <summary>How many commands changed something.</summary>
    public ulong Count { get; init; }

    /// <summary>The account.</summary>
    public AccountId Account => Head.Head.Account;

    /// <summary>The newest link.</summary>
    public ChainPlace Place => Head.Head.Chain;

    /// <summary>Goes on from what the realm kept. Checks nothing.</summary>
    public static RealmView Resume(
        RealmHeads heads, ulong contradictingAt, ulong replacedAt, IEnumerable<RealmAuthority> active, ulong count) =>
        new()
    {
        Head = heads.Head,
        Claims = heads.Claims,
        Contradicting = heads.Contradicting,
        ContradictingAt = contradictingAt,
        Replaced = heads.Replaced,
        ReplacedAt = replacedAt,
        Active = active.ToImmutableSortedDictionary(a => a.Id, a => a),
        Count = count,
    };

    /// <summary>What is told at a time: the replaced head for 30 days.</summary>
    public RealmHeads Told(RealmMoment now) => new(
        Head, Claims, Contradicting, now.Earliest < ReplacedAt + RealmLimits.ForkSeconds ? Replaced : null);

    /// <summary>Begins with an account that the realm does not know.</summary>
    /// <param name="appId">The app of the token that came with it.</param>
    /// <param name="head">The home's head.</param>
    /// <param name="links">The whole chain.</param>
    /// <param name="homeKeys">The audit keys of the app's homes.</param>
    /// <param name="now">The realm's clock.</param>
    /// <returns><see cref="RealmVerdict.Newer"/> or <see cref="RealmVerdict.Refused"/>.</returns>
    /// <exception cref="WireFormatException">A link cannot be read.</exception>
    /// <exception cref="UpgradeRequiredException">A link is of a version that this program does not know.</exception>
    public static RealmVerdict Begin(
        string appId, SignedHead head, ImmutableArray<ReadOnlyMemory<byte>> links,
        IReadOnlyList<VerifyKey> homeKeys, RealmMoment now)
    {
        if (!head.IsSignedBy(homeKeys)) return new RealmVerdict.Refused(ProtocolFault.HeadSignature);
        var (chain, fault) = Whole(appId, head, ChainLinkList.Decode(links, SignedChainLink.Decode));
        return chain is null
            ? new RealmVerdict.Refused(fault)
            : new RealmVerdict.Newer(new RealmView { Head = head, Active = Known(chain, now.Latest) });
    }

    /// <summary>Moves on with a head.</summary>
    /// <param name="realm">The realm's fingerprint.</param>
    /// <param name="appId">The account's app.</param>
    /// <param name="head">The home's head.</param>
    /// <param name="links">From this head on, or from link 0; the whole chain for a fork.</param>
    /// <param name="claims">Signed claims of restores.</param>
    /// <param name="fork">Who vouches for a fork, or null.</param>
    /// <param name="homeKeys">The audit keys of the app's homes.</param>
    /// <param name="now">The realm's clock.</param>
    /// <exception cref="WireFormatException">A link or a claim cannot be read.</exception>
    /// <exception cref="UpgradeRequiredException">One is of a version that this program does not know.</exception>
    public RealmVerdict Follow(
        Hash256 realm, string appId, SignedHead head, ImmutableArray<ReadOnlyMemory<byte>> links,
        ImmutableArray<ReadOnlyMemory<byte>> claims, RealmFork? fork, IReadOnlyList<VerifyKey> homeKeys,
        RealmMoment now)
    {
        if (!head.IsSignedBy(homeKeys)) return new RealmVerdict.Refused(ProtocolFault.HeadSignature);
        if (head.Head.Account != Account) return new RealmVerdict.Refused(ProtocolFault.OtherAccount);
        var known = KnownClaims.Add(Claims, claims, Account, homeKeys);
        var isConvicted = Head.Head.Contradicts(head.Head, known.Select(claim => claim.Claim));
        if (!isConvicted && !IsAbove(head.Head)) return new RealmVerdict.Old();

        var decoded = ChainLinkList.Decode(links, SignedChainLink.Decode);
        if (!isConvicted)
        {
            var (going, fault) = GoesOn(decoded, head.Head.Chain);
            if (fault != ProtocolFault.None) return new RealmVerdict.Refused(fault);
            if (going is { } rest) return Append(head, rest, known, now);
        }
        return IsAbove(head.Head) ? TakeFork(realm, appId, head, decoded, known, fork, now) : Keep(head, now);
    }

    /// <summary>Somebody who is known objects to whatever contradicts the head: it is followed later, if at all.
    /// </summary>
    public RealmView WithObjection(RealmMoment now) =>
        Contradicting is null ? this : this with { ContradictingAt = now.Latest };

    // By version first, then by sequence (docs/protocol.md §14.4).
    private bool IsAbove(AccountHead head) => Head.Head.Manifest.Version != head.Manifest.Version
        ? Head.Head.Manifest.Version < head.Manifest.Version
        : Place.Sequence < head.Chain.Sequence;

    // The links behind this place where they go on from it; null where the head, by its hashes, leads past it. What the
    // head does not lead to is nobody's word and proves nothing.
    private (ImmutableArray<SignedChainLink>? Behind, ProtocolFault Fault) GoesOn(
        ImmutableArray<SignedChainLink> links, ChainPlace end)
    {
        var place = end;
        foreach (var link in links.Reverse())
        {
            if (link.Link.Sequence != place.Sequence) return (null, ProtocolFault.DroppedLink);
            if (link.Hash != place.Hash) return (null, ProtocolFault.BrokenChain);
            if (place == Place) return (links[(links.IndexOf(link) + 1)..], ProtocolFault.None);
            if (place.Sequence == Place.Sequence || place.Sequence == 0) return (null, ProtocolFault.None);
            place = new ChainPlace(place.Sequence - 1, link.Link.Previous);
        }
        if (place == Place) return (links, ProtocolFault.None);
        return (null, place.Sequence > Place.Sequence ? ProtocolFault.DroppedLink : ProtocolFault.None);
    }

    private RealmVerdict Append(
        SignedHead head, ImmutableArray<SignedChainLink> links, ImmutableArray<SignedClaim> claims, RealmMoment now)
    {
        var active = Active.ToBuilder();
        foreach (var link in links)
        {
            if (Move(active, link, now.Latest) is var fault and not ProtocolFault.None)
                return new RealmVerdict.Refused(fault);
        }
        return new RealmVerdict.Newer(this with { Head = head, Claims = claims, Active = active.ToImmutable() });
    }

    private ProtocolFault Move(
        ImmutableSortedDictionary<AuthorityId, RealmAuthority>.Builder active, SignedChainLink link, ulong now)
    {
        var body = link.Link;
        if (body.Account != Account) return ProtocolFault.OtherAccount;
        if (!active.TryGetValue(body.Signer, out var signer)) return ProtocolFault.UnknownSigner;
        if (body.Remove.Any(id => !active.ContainsKey(id))) return ProtocolFault.UnknownRemoval;
        if (body.Remove.Contains(body.Signer)) return ProtocolFault.RemovesSigner;
        if (active.Count - body.Remove.Length + body.Add.Length > Limits.Authorities)
            return ProtocolFault.TooManyAuthorities;
        if (body.Add.Any(added => active.ContainsKey(added.Id))) return ProtocolFault.Reused;
        if (link.CheckSignatures(signer.SigningKey) is var fault and not ProtocolFault.None) return fault;
        foreach (var id in body.Remove) active.Remove(id);
        foreach (var added in body.Add)
            active[added.Id] = new RealmAuthority(added.Id, added.Kind, added.SigningKey, now);
        return ProtocolFault.None;
    }

    // One head, until it has been told for long; then one that is newer, so that old ones do not keep it waiting.
    private RealmVerdict.Fork Keep(SignedHead head, RealmMoment now) => new(
        Contradicting is null || (IsToldForLong(now) && Contradicting.Head.Time < head.Head.Time)
            ? this with { Contradicting = head, ContradictingAt = now.Latest } : this);

    private bool IsToldForLong(RealmMoment now) =>
        Contradicting is not null && now.Earliest >= ContradictingAt + RealmLimits.ForkSeconds;

    // When there was a restore is all that counts of a claim: a realm has no links, and does not see where chains part.
    private RealmVerdict TakeFork(
        Hash256 realm, string appId, SignedHead head, ImmutableArray<SignedChainLink> links,
        ImmutableArray<SignedClaim> claims, RealmFork? fork, RealmMoment now)
    {
        var voucher = FindVoucher(realm, head, fork, now);
        if (voucher is null && !IsToldForLong(now)) return Keep(head, now);
        var (chain, fault) = Whole(appId, head, links);
        if (chain is null) return new RealmVerdict.Refused(fault);
        var isVouched = voucher is not null && chain.Current.Active.TryGetValue(voucher.Id, out var there)
            && there.SigningKey.Equals(voucher.SigningKey);
        if (Head.Head.Time >= head.Head.Time
            || !claims.Any(claim => claim.Claim.LiesBetween(Head.Head, head.Head))
            || (!isVouched && !(IsToldForLong(now) && chain.Contains(Contradicting!.Head.Chain))))
        {
            return Keep(head, now);
        }

        var active = Known(chain, now.Latest).Select(pair =>
            Active.TryGetValue(pair.Key, out var here) && here.SigningKey.Equals(pair.Value.SigningKey)
                ? here : pair.Value);
        var next = this with
        {
            Head = head,
            Claims = claims,
            Contradicting = null,
            ContradictingAt = 0,
            Replaced = Head,
            ReplacedAt = now.Latest,
            Active = active.ToImmutableSortedDictionary(a => a.Id, a => a),
        };
        return isVouched ? new RealmVerdict.Restored(next) : new RealmVerdict.Left(next);
    }

    private RealmAuthority? FindVoucher(Hash256 realm, SignedHead head, RealmFork? fork, RealmMoment now) =>
        fork is not null && fork.Realm == realm && fork.HeadHash == Hash256.Of(head.Head.Encode())
        && Active.TryGetValue(fork.Signer, out var signer) && now.Knows(signer)
        && fork.IsSignedBy(signer.SigningKey) ? signer : null;

    private static (Chain? Chain, ProtocolFault Fault) Whole(
        string appId, SignedHead head, ImmutableArray<SignedChainLink> links) => Chain.Start(appId, links) switch
    {
        ChainStep.Refused(var fault) => (null, fault),
        ChainStep.Ok(var chain) when chain.Account != head.Head.Account => (null, ProtocolFault.OtherAccount),
        ChainStep.Ok(var chain) when chain.Place == head.Head.Chain => (chain, ProtocolFault.None),
        _ => (null, ProtocolFault.HeadMismatch),
    };

    private static ImmutableSortedDictionary<AuthorityId, RealmAuthority> Known(Chain chain, ulong now) =>
        chain.Current.Active.Values.ToImmutableSortedDictionary(
            a => a.Id, a => new RealmAuthority(a.Id, a.Kind, a.SigningKey, now));
}
