using System.Collections.Immutable;

namespace KeyRecovery.Protocol.Vault;

/// <summary>
/// Adds many links to a chain in time that grows with their number alone: the rules link by link over one head, then
/// the signatures, which no rule needs, on every core.
/// </summary>
internal sealed class ChainBuilder
{
    private readonly ChainRules _rules;
    private readonly ImmutableArray<EpochStart>.Builder _epochs;
    private ImmutableArray<EpochSeals> _seals = [];
    private readonly ImmutableSortedDictionary<AuthorityId, ChainAuthority>.Builder _authorities;
    private readonly ImmutableArray<Hash256>.Builder _hashes;
    private readonly List<(SignedChainLink Link, VerifyKey Signer)> _unsigned = [];
    private readonly string? _appId;

    /// <summary>Stands before link 0 of a chain of this app.</summary>
    public ChainBuilder(string appId)
    {
        _appId = appId;
        _rules = new ChainRules(null);
        _epochs = ImmutableArray.CreateBuilder<EpochStart>();
        _authorities = ImmutableSortedDictionary.CreateBuilder<AuthorityId, ChainAuthority>();
        _hashes = ImmutableArray.CreateBuilder<Hash256>();
    }

    /// <summary>Stands after <paramref name="before"/>.</summary>
    public ChainBuilder(Chain before)
    {
        _rules = new ChainRules(before.Current);
        _epochs = before.Epochs.ToBuilder();
        _seals = before.Seals;
        _authorities = before.Authorities.ToBuilder();
        _hashes = before.Hashes.ToBuilder();
    }

    /// <summary>Adds links, checking every rule and signature.</summary>
    public ChainStep Verify(IReadOnlyList<SignedChainLink> links)
    {
        var fault = Take(links);
        // A bad signature of a link before comes first.
        if (FindBadSignature() is var forged and not ProtocolFault.None) fault = forged;
        return End(links, fault);
    }

    /// <summary>Adds links, checking every rule, whose signatures were verified before.</summary>
    public ChainStep Replay(IReadOnlyList<SignedChainLink> links) => End(links, Take(links));

    /// <summary>Goes on up to the first link that breaks a rule.</summary>
    private ProtocolFault Take(IReadOnlyList<SignedChainLink> links)
    {
        if (links.Count == 0) return ProtocolFault.DroppedLink;
        foreach (var link in links)
        {
            var fault = _appId is not null && _hashes.Count == 0
                ? _rules.Start(_appId, link, out var signer)
                : _rules.Append(link, out signer);
            if (fault != ProtocolFault.None) return fault;
            _unsigned.Add((link, signer!));
            Record(link);
        }
        return ProtocolFault.None;
    }

    private void Record(SignedChainLink link)
    {
        var body = link.Link;
        if (body.BeginsEpoch)
        {
            _epochs.Add(
                new EpochStart(
                    body.Epoch, body.EpochCommit, body.PreviousEpoch, body.PreviousEpochKey, body.Signer));
        }
        _seals = EpochSeals.After(_seals, body, _rules.ActiveIds);
        foreach (var id in body.Remove) _authorities[id] = _authorities[id] with { RemovedAt = body.Sequence };
        foreach (var added in body.Add)
            _authorities.Add(added.Id, new ChainAuthority(added, body.Sequence, body.Signer, body.Time, null));
        _hashes.Add(link.Hash);
    }

    private ProtocolFault FindBadSignature()
    {
        // After a break every lower index is still run, so the first fault by sequence number is known.
        var faults = new ProtocolFault[_unsigned.Count];
        Parallel.For(0, faults.Length, (i, loop) =>
        {
            faults[i] = _unsigned[i].Link.CheckSignatures(_unsigned[i].Signer);
            if (faults[i] != ProtocolFault.None) loop.Break();
        });
        return faults.FirstOrDefault(fault => fault != ProtocolFault.None);
    }

    private ChainStep End(IReadOnlyList<SignedChainLink> links, ProtocolFault fault) => fault != ProtocolFault.None
        ? new ChainStep.Refused(fault)
        : new ChainStep.Ok(new Chain(
            links[^1], _rules.Head, _epochs.ToImmutable(), _seals, _authorities.ToImmutable(),
            _hashes.ToImmutable()));
}
