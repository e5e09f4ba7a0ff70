using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// The rules of the sigchain (docs/protocol.md §3) but for the signatures, over a head that moves on with each link.
/// The first broken rule ends it: what has moved by then is of no use.
/// </summary>
internal sealed class ChainRules
{
    private readonly ImmutableSortedDictionary<AuthorityId, ActiveAuthority>.Builder _active;
    private readonly UsedNamesBuilder _used;
    private AccountId _account;
    private ChainPlace? _place;
    private EpochPath _path = EpochPath.First;
    private Hash256 _epochCommit;
    private ImmutableArray<Hash256> _keysets = [];
    private ChainPlace? _lastRemoval;

    /// <summary>Stands after <paramref name="head"/>, or before link 0.</summary>
    public ChainRules(ChainHead? head)
    {
        _active = (head?.Active ?? ImmutableSortedDictionary<AuthorityId, ActiveAuthority>.Empty).ToBuilder();
        _used = new UsedNamesBuilder(head?.Used ?? UsedNames.Empty);
        if (head is null) return;
        (_account, _place, _path) = (head.Account, head.Place, head.Path);
        (_epochCommit, _keysets, _lastRemoval) = (head.EpochCommit, head.Keysets, head.LastRemoval);
    }

    /// <summary>The head after the newest link.</summary>
    public ChainHead Head => new(
        _account, _place!.Value, _path, _epochCommit, _keysets,
        _active.ToImmutable(), _used.Build(), _lastRemoval);

    /// <summary>Who may act after the newest link, ascending.</summary>
    public IEnumerable<AuthorityId> ActiveIds => _active.Keys;

    /// <summary>Checks link 0 and moves on to it.</summary>
    /// <param name="appId">The verifier's own app id.</param>
    /// <param name="link">The link.</param>
    /// <param name="signer">Whose signature the link must carry; null where a rule is broken.</param>
    public ProtocolFault Start(string appId, SignedChainLink link, out VerifyKey? signer)
    {
        signer = null;
        var body = link.Link;
        if (_place is not null || body.Sequence != 0) return ProtocolFault.DroppedLink;
        var devices = body.Add.Where(a => a.Kind == AuthorityKind.Device).Take(2).ToList();
        if (devices is not [var device] || body.Add.Any(a => a.Kind == AuthorityKind.Passphrase)
            || AccountIds.Derive(appId, device.SigningKey, device.KemKeyHash, body.Previous) != body.Account)
        {
            return ProtocolFault.OtherBeginning;
        }
        if (body.Signer != device.Id) return ProtocolFault.UnknownSigner;
        if (body.Remove.Length != 0) return ProtocolFault.UnknownRemoval;
        if (body.Epoch != 1 || body.PreviousEpoch != 0) return ProtocolFault.EpochRule;
        signer = device.SigningKey;
        return Move(link);
    }

    /// <summary>Checks the next link and moves on to it.</summary>
    /// <param name="link">The link.</param>
    /// <param name="signer">Whose signature the link must carry; null where a rule is broken.</param>
    public ProtocolFault Append(SignedChainLink link, out VerifyKey? signer)
    {
        signer = null;
        var body = link.Link;
        if (CheckPlace(body) is var misplaced and not ProtocolFault.None) return misplaced;
        if (!_active.TryGetValue(body.Signer, out var active)) return ProtocolFault.UnknownSigner;
        if (CheckPurpose(body) is var fault and not ProtocolFault.None) return fault;
        signer = active.SigningKey;
        return Move(link);
    }

    private ProtocolFault CheckPlace(ChainLink link)
    {
        if (link.Account != _account) return ProtocolFault.OtherAccount;
        if (link.Sequence != _place?.Sequence + 1) return ProtocolFault.DroppedLink;
        return link.Previous == _place?.Hash ? ProtocolFault.None : ProtocolFault.BrokenChain;
    }

    private ProtocolFault CheckPurpose(ChainLink link)
    {
        if (link.Remove.Any(id => !_active.ContainsKey(id))) return ProtocolFault.UnknownRemoval;
        if (link.Remove.Contains(link.Signer)) return ProtocolFault.RemovesSigner;

        var begins = link.BeginsEpoch && link.Epoch == _path.Newest + 1 && MayLeadTo(link);
        var stays = !link.BeginsEpoch && link.Epoch == _path.Newest && link.EpochCommit == _epochCommit;
        if (!begins && (!stays || link.Remove.Length != 0)) return ProtocolFault.EpochRule;
        return begins || link.Add.Length != 0 ? ProtocolFault.None : ProtocolFault.NoPurpose;
    }

    // Only a culprit's epoch is left off, or an own one: whoever stays active keeps what it began on the path.
    private bool MayLeadTo(ChainLink link) =>
        link.PreviousEpoch < link.Epoch
        && _active.Values.All(a =>
            a.LastEpochBegun <= link.PreviousEpoch || a.Id == link.Signer || link.Remove.Contains(a.Id));

    private ProtocolFault Move(SignedChainLink link)
    {
        var body = link.Link;
        if (body.Add.Length > (body.Sequence == 0 ? Limits.AddedInLink0 : Limits.AddedInLink)
            || _active.Count - body.Remove.Length + body.Add.Length > Limits.Authorities
            || _used.Count + UsedNames.PerAuthority * body.Add.Length > Limits.UsedNames)
        {
            return ProtocolFault.TooManyAuthorities;
        }

        var fresh = true;
        foreach (var added in body.Add) fresh &= _used.Add(added);
        if (!fresh) return ProtocolFault.Reused;

        foreach (var id in body.Remove) _active.Remove(id);
        foreach (var added in body.Add) _active[added.Id] = ActiveAuthority.Of(added, body.Sequence);
        (_account, _place, _epochCommit) = (body.Account, new ChainPlace(body.Sequence, link.Hash), body.EpochCommit);
        if (body.BeginsEpoch)
        {
            if (body.Sequence != 0) _path = _path.Begin(body.PreviousEpoch);
            _active[body.Signer] = _active[body.Signer] with { LastEpochBegun = body.Epoch };
            _keysets = [];
        }
        _keysets = _keysets.Add(body.KeysetHash);
        if (body.Remove.Length != 0) _lastRemoval = _place;
        return ProtocolFault.None;
    }
}
