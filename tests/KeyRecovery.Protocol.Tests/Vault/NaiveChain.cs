using System.Buffers.Binary;
using System.Security.Cryptography;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Tests.Vault;

/// <summary>
/// The rules of docs/protocol.md §3 as they stand there: each question is answered by looking through every link
/// before, and nothing is carried from one link to the next.
/// </summary>
internal static class NaiveChain
{
    /// <summary>The first fault, rule by rule and link by link.</summary>
    public static ProtocolFault Judge(string appId, IReadOnlyList<SignedChainLink> links)
    {
        for (var i = 0; i < links.Count; i++)
        {
            var before = links.Take(i).Select(l => l.Link).ToList();
            var fault = i == 0 ? JudgeFirst(appId, links[0].Link) : JudgeNext(before, links[i - 1].Hash, links[i].Link);
            if (fault == ProtocolFault.None) fault = JudgeAdditions(before, links[i].Link);
            if (fault == ProtocolFault.None) fault = JudgeSignatures(before, links[i]);
            if (fault != ProtocolFault.None) return fault;
        }
        return ProtocolFault.None;
    }

    /// <summary>Who is active after these links.</summary>
    public static IEnumerable<NewAuthority> Active(IReadOnlyList<ChainLink> links) => links.SelectMany(
        (link, i) => link.Add.Where(a => !links.Skip(i + 1).Any(later => later.Remove.Contains(a.Id))));

    /// <summary>Every name that these links used.</summary>
    public static IEnumerable<ulong> Names(IEnumerable<ChainLink> links) => links.SelectMany(l => l.Add)
        .SelectMany(a => new[]
        {
            SHA256.HashData(a.Id.ToArray()), SHA256.HashData(a.SigningKey.ToArray()), a.KemKeyHash.ToArray(),
        })
        .Select(hash => BinaryPrimitives.ReadUInt64BigEndian(hash));

    /// <summary>
    /// Whether the next link may hold the key of an epoch: each strictly between was begun by one who is not active
    /// after it, or by its signer.
    /// </summary>
    public static bool MayLeadTo(IReadOnlyList<ChainLink> before, ChainLink link, ulong previous)
    {
        var staying = Active(before).Select(a => a.Id).Except(link.Remove).Where(id => id != link.Signer).ToList();
        return previous < link.Epoch && Epochs(before)
            .Where(begun => begun.Epoch > previous && begun.Epoch < link.Epoch)
            .All(begun => !staying.Contains(begun.Signer));
    }

    /// <summary>The links that began an epoch.</summary>
    public static IEnumerable<ChainLink> Epochs(IEnumerable<ChainLink> links) =>
        links.Where(l => l.Sequence == 0 || l.PreviousEpoch != 0);

    /// <summary>The epochs that the newest one leads to, itself first.</summary>
    public static IEnumerable<ulong> Path(IReadOnlyList<ChainLink> links)
    {
        for (var epoch = links[^1].Epoch; epoch != 0;)
        {
            yield return epoch;
            epoch = Epochs(links).Single(begun => begun.Epoch == epoch).PreviousEpoch;
        }
    }

    /// <summary>The links that brought the keysets of the newest epoch, each with whom it sealed to.</summary>
    public static IEnumerable<(ChainLink Link, IEnumerable<AuthorityId> Members)> Keysets(
        IReadOnlyList<ChainLink> links)
    {
        foreach (var link in links.Where(l => l.Epoch == links[^1].Epoch))
        {
            var all = Active([.. links.Take((int)link.Sequence + 1)]).Select(a => a.Id);
            var begins = link.Sequence == 0 || link.PreviousEpoch != 0;
            yield return (link, (begins ? all : link.Add.Select(a => a.Id)).Order());
        }
    }

    private static ProtocolFault JudgeFirst(string appId, ChainLink link)
    {
        if (link.Sequence != 0) return ProtocolFault.DroppedLink;
        var devices = link.Add.Where(a => a.Kind == AuthorityKind.Device).ToList();
        if (devices.Count != 1 || link.Add.Any(a => a.Kind == AuthorityKind.Passphrase))
            return ProtocolFault.OtherBeginning;
        if (link.Account != AccountIds.Derive(appId, devices[0].SigningKey, devices[0].KemKeyHash, link.Previous))
            return ProtocolFault.OtherBeginning;
        if (link.Signer != devices[0].Id) return ProtocolFault.UnknownSigner;
        if (link.Remove.Length > 0) return ProtocolFault.UnknownRemoval;
        return (link.Epoch, link.PreviousEpoch) == (1, 0) ? ProtocolFault.None : ProtocolFault.EpochRule;
    }

    private static ProtocolFault JudgeNext(IReadOnlyList<ChainLink> before, Hash256 previous, ChainLink link)
    {
        if (link.Account != before[0].Account) return ProtocolFault.OtherAccount;
        if (link.Sequence != (ulong)before.Count) return ProtocolFault.DroppedLink;
        if (link.Previous != previous) return ProtocolFault.BrokenChain;
        var active = Active(before).Select(a => a.Id).ToList();
        if (!active.Contains(link.Signer)) return ProtocolFault.UnknownSigner;
        if (link.Remove.Except(active).Any()) return ProtocolFault.UnknownRemoval;
        if (link.Remove.Contains(link.Signer)) return ProtocolFault.RemovesSigner;
        if (link.PreviousEpoch != 0)
        {
            return link.Epoch == before[^1].Epoch + 1 && MayLeadTo(before, link, link.PreviousEpoch)
                ? ProtocolFault.None : ProtocolFault.EpochRule;
        }
        if (link.Epoch != before[^1].Epoch || link.EpochCommit != before[^1].EpochCommit)
            return ProtocolFault.EpochRule;
        if (link.Remove.Length > 0) return ProtocolFault.EpochRule;
        return link.Add.Length > 0 ? ProtocolFault.None : ProtocolFault.NoPurpose;
    }

    private static ProtocolFault JudgeAdditions(IReadOnlyList<ChainLink> before, ChainLink link)
    {
        ChainLink[] after = [.. before, link];
        if (link.Add.Length > (before.Count == 0 ? 8 : 4)) return ProtocolFault.TooManyAuthorities;
        if (after.Sum(l => l.Add.Length) > 512) return ProtocolFault.TooManyAuthorities;
        if (Active(after).Count() > 32) return ProtocolFault.TooManyAuthorities;
        var names = Names(after).ToList();
        return names.Distinct().Count() == names.Count ? ProtocolFault.None : ProtocolFault.Reused;
    }

    private static ProtocolFault JudgeSignatures(IReadOnlyList<ChainLink> before, SignedChainLink link)
    {
        var active = before.Count == 0 ? link.Link.Add : Active(before);
        var signer = active.Single(a => a.Id == link.Link.Signer).SigningKey;
        if (!signer.Verify(SignatureLabel.Link, link.Body.Span, link.Signature)) return ProtocolFault.LinkSignature;
        var proved = link.Link.Add.Zip(link.Possession).All(p =>
            p.First.SigningKey.Verify(SignatureLabel.LinkPossession, link.Body.Span, p.Second));
        return proved ? ProtocolFault.None : ProtocolFault.Possession;
    }
}
