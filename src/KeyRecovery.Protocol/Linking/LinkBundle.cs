using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Protocol.Linking;

/// <summary>
/// The app's bundle as it travels (docs/protocol.md §13.3): padded, sealed to the new device's X-Wing key for this
/// account and handshake, cut into parts of 7,168 bytes of which only the last may be shorter.
/// </summary>
internal static class LinkBundle
{
    /// <summary>Parts of the longest bundle: 30.</summary>
    public const int MaxParts = (MaxSize + LinkLimits.PartBytes - 1) / LinkLimits.PartBytes;

    /// <summary>The longest bundle, sealed, in bytes: 204,804 padded to 208,896, and HPKE's 1,136.</summary>
    private const int MaxSize = 208_896 + Hpke.Overhead;

    public static byte[] Info(AccountId account, AuthorityId device, Hash256 handshake) => new CborOut().Array(4)
        .Text(Labels.LinkBundle).Bytes(account).Bytes(device).Bytes(handshake).ToArray();

    public static byte[] Seal(KemPublicKey recipient, byte[] info, ReadOnlySpan<byte> content, IRandom random)
    {
        Throw.IfOutside(content.Length, 0, LinkLimits.BundleBytes, nameof(content));
        using var padded = Padme.PadSecret(content);
        using var seed = SecretBytes.Random(Hpke.EncapsulationSeedSize, random);
        return Hpke.Seal(recipient, info, [], padded.Span, seed.Span);
    }

    public static IEnumerable<LinkMessage.Bundle> Split(byte[] bundle)
    {
        var parts = bundle.Chunk(LinkLimits.PartBytes).ToArray();
        return parts.Select((part, index) => new LinkMessage.Bundle(index, parts.Length, part));
    }

    /// <summary>The bundle of all its parts.</summary>
    public static byte[] Join(IReadOnlyList<LinkMessage.Bundle> parts)
    {
        var bundle = new byte[parts.Sum(p => p.Part.Length)];
        var rest = bundle.AsSpan();
        foreach (var part in parts)
        {
            part.Part.CopyTo(rest);
            rest = rest[part.Part.Length..];
        }

        return bundle;
    }

    /// <summary>Whether a part is the next one after those before.</summary>
    public static bool Continues(IReadOnlyList<LinkMessage.Bundle> before, LinkMessage.Bundle part) =>
        part.Index == before.Count
        && part.Index < part.Of
        && (before.Count == 0 || part.Of == before[0].Of)
        && (part.Index == part.Of - 1 || part.Part.Length == LinkLimits.PartBytes);

    /// <summary>
    /// The content; null where the bundle was not sealed to this key for this purpose, or is not padded as it must be.
    /// </summary>
    public static SecretBytes? Open(KemPrivateKey key, byte[] info, byte[] bundle)
    {
        if (bundle.Length is < Hpke.Overhead or > MaxSize) return null;
        var opened = false;
        using var padded = SecretBytes.Create(
            bundle.Length - Hpke.Overhead, plaintext => opened = Hpke.TryOpen(key, info, [], bundle, plaintext));
        return opened && Padme.TryUnpad(padded.Span, out var length) && length <= LinkLimits.BundleBytes
            ? SecretBytes.Copy(padded.Span.Slice(Padme.PrefixSize, length))
            : null;
    }
}
