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

    private static ProtocolFault JudgeFirst(string appId, ChainLink link)
    {
        if (link.Sequence != 0) return ProtocolFault.DroppedLink;
        var devices = link.Add.Where(a => a.Kind == AuthorityKind.Device).ToList();
        if (devices.Count != 1) return ProtocolFault.OtherBeginning;
        if (link.Account != AccountIds.Derive(appId, devices[0].SigningKey, devices[0].KemKeyHash, link.Previous))
            return ProtocolFault.OtherBeginning;
        if (link.Signer != devices[0].Id) return ProtocolFault.UnknownSigner;
        if (link.Remove.Length > 0) return ProtocolFault.UnknownRemoval;
        return link.Epoch == 1 && link.PreviousEpochKey.IsEmpty ? ProtocolFault.None : ProtocolFault.EpochRule;
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
        var begins = link.Epoch == before[^1].Epoch + 1;
        if (begins && link.PreviousEpochKey.Length != 72) return ProtocolFault.EpochRule;
        var stays = (link.Epoch, link.EpochCommit) == (before[^1].Epoch, before[^1].EpochCommit);
        if (!begins && !stays) return ProtocolFault.EpochRule;
        if (!begins && (!link.PreviousEpochKey.IsEmpty || link.Remove.Length > 0)) return ProtocolFault.EpochRule;
        return begins || link.Add.Length > 0 ? ProtocolFault.None : ProtocolFault.NoPurpose;
    }

    private static ProtocolFault JudgeAdditions(IReadOnlyList<ChainLink> before, ChainLink link)
    {
        ChainLink[] after = [.. before, link];
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
