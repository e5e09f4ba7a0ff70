using System.Collections.Immutable;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Service.Accounts;
using KeyRecovery.Service.Errors;

namespace KeyRecovery.Service.Operations;

/// <summary>
/// Follows the chain of a repair: links that are pinned were taken once and are only verified; those behind them are
/// judged as a commit's. Then the keysets are joined.
/// </summary>
/// <param name="request">The repair.</param>
/// <param name="pinned">The newest link that is pinned.</param>
internal sealed class RepairChain(RepairRequest request, ulong pinned)
{
    private readonly List<ActiveAuthority> _removed = [];
    private ImmutableArray<EpochSeals> _seals = [];
    private long _bytes;

    /// <summary>The head with the newest link.</summary>
    public ChainHead Head { get; private set; } = null!;

    /// <summary>The account with the newest link; manifest and user are those of before.</summary>
    public AccountState State { get; private set; } = null!;

    /// <summary>Whether a link that was judged is of somebody trusted.</summary>
    public bool HasTrustedLink { get; private set; }

    /// <summary>Verifies all links and the keysets.</summary>
    /// <param name="judge">What a link behind the pinned ones has to keep; null for what a commit's has to.</param>
    public RepairDecision.Rejected? Follow(Func<AccountState, SignedChainLink, ServiceFailure?>? judge = null)
    {
        foreach (var link in request.Bundle.Links)
        {
            var isJudged = link.Link.Sequence > pinned;
            var judged = isJudged ? Request(link) : null;
            if (isJudged && SlotRules.Check(link.Link) is var slots and not ProtocolFault.None)
                return RepairDecision.Broken("links", slots);
            if (isJudged && (judge is null ? judged is null ? null : ChainLinkRules.Check(judged) : judge(State, link))
                is { } refused)
                return new RepairDecision.Rejected(refused with { Field = refused.Field ?? "links" });
            if (Step(link) is var broken and not ProtocolFault.None) return RepairDecision.Broken("links", broken);
            if (judged is not null)
            {
                HasTrustedLink |= !judged.IsYoung;
                State = ChainLinkRules.Apply(State, judged, Head);
            }
            else if (link.Link.Sequence == pinned)
            {
                State = Begin();
            }
        }

        return EpochKeyset.Join(Head, _seals, request.Bundle.Keysets).Fault is var keyset and not ProtocolFault.None
            ? RepairDecision.Broken("keyset", keyset) : null;
    }

    private LinkRequest? Request(SignedChainLink link) =>
        State.Authorities.GetValueOrDefault(link.Link.Signer) is { } signer
            ? new LinkRequest(State, signer, link, false, request.Now, request.Policy) : null;

    private ProtocolFault Step(SignedChainLink link)
    {
        _bytes += link.Bytes.Length;
        if (Head is not null)
            _removed.AddRange(link.Link.Remove.Select(id => Head.Active.GetValueOrDefault(id)).OfType<ActiveAuthority>()
                .Where(a => a.Kind == AuthorityKind.Device));
        var step = Head is null ? ChainHead.Start(request.App, link) : Head.Append(link);
        if (step is ChainHeadStep.Refused(var fault)) return fault;
        Head = ((ChainHeadStep.Ok)step).Head;
        _seals = EpochSeals.After(_seals, link.Link, Head);
        return ProtocolFault.None;
    }

    private AccountState Begin()
    {
        var authorities = Head.Active.ToImmutableSortedDictionary(a => a.Key, a => RepairAges.Of(request, a.Value));
        var stored = request.Stored ?? new AccountState
        {
            Account = Head.Account, User = new AppUser(request.App, AppUser.Unknown, AppUser.Unknown), Chain = default,
            LinkChunk = default, Path = EpochPath.First, EpochCommit = default, Keysets = [], ManifestVersion = 0,
            ManifestHash = default, Authorities = authorities, Used = Head.Used,
        };
        return stored.With(Head, authorities) with
        {
            ChainBytes = _bytes,
            Removed = [.. _removed.Select(a => (a.Id, a.SigningKey)).TakeLast(AccountState.RememberedDevices)],
            Counts = stored.Counts.At(request.Now),
        };
    }
}
