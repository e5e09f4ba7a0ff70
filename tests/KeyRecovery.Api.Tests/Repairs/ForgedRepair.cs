using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Api.Tests.Repairs;

/// <summary>
/// A repair as large as one may be, whose links after the first add keys that are none: whoever decodes them, fails.
/// </summary>
internal static class ForgedRepair
{
    /// <summary>How many keys that are none it holds.</summary>
    public const int Keys = Links * Limits.Authorities;

    private const int Links = 806;

    /// <summary>A link 0, the forged links, and what else belongs to a repair.</summary>
    public static byte[] After(ReadOnlyMemory<byte> link0, Keyset keyset, SignedManifest manifest)
    {
        var forged = Link();
        var writer = new CborOut().Array(8).Text(Labels.Repair).UInt(FormatVersion.Current).Array(Links + 1)
            .Bytes(link0.Span);
        for (var i = 0; i < Links; i++) writer.Bytes(forged);
        return writer.Array(1).Bytes(keyset.Bytes.Span).Bytes(manifest.Bytes.Span).Bytes([]).Bytes(new byte[32])
            .Array(0).ToArray();
    }

    /// <summary>One of a stranger's own beginning.</summary>
    public static byte[] By(Party stranger)
    {
        var begin = stranger.Begin("demo");
        return After(begin.Link!.Bytes, begin.Keyset!, begin.Manifest);
    }

    private static byte[] Link()
    {
        var noKey = Enumerable.Repeat((byte)0xff, VerifyKey.Size).ToArray();
        var body = new CborOut().Array(14).Text(Labels.Link).UInt(FormatVersion.Current)
            .Bytes(new byte[16]).UInt(1).Bytes(new byte[32]).UInt(1).Bytes(new byte[32]).UInt(0).Bytes([])
            .Bytes(new byte[32])
            .Array(Limits.Authorities);
        for (byte i = 0; i < Limits.Authorities; i++)
            body.Array(6).Bytes([.. new byte[15], i]).UInt(1).Bytes(noKey).Bytes(new byte[32]).UInt(1).Bytes([]);
        body.Array(0).UInt(0).Bytes(new byte[16]);
        var link = new CborOut().Array(3).Bytes(body.ToArray()).Bytes(new byte[64]).Array(Limits.Authorities);
        for (var i = 0; i < Limits.Authorities; i++) link.Bytes(new byte[64]);
        return link.ToArray();
    }
}
