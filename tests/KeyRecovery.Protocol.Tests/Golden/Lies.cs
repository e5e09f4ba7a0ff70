using System.Text.Json.Nodes;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing;

namespace KeyRecovery.Protocol.Tests.Golden;

/// <summary>What can be wrong with the bytes of any structure of §1.1.</summary>
internal static class Lies
{
    /// <summary>Wrong spellings of a structure whose first elements are its label and version 1.</summary>
    public static IEnumerable<(string Name, byte[] Bytes, string Verdict)> OfCbor(byte[] body)
    {
        var textHead = body[1] == 0x78 ? 2 : 1;
        var labelLength = textHead == 2 ? body[2] : body[1] & 0x1f;
        var at = 1 + textHead + labelLength;
        Assert.Equal(1, body[at]);
        byte[] WithVersion(params byte[] version) => [.. body[..at], .. version, .. body[(at + 1)..]];

        yield return ("version 2", WithVersion(2), GoldenFormat.UpgradeRequired);
        yield return (
            "version 2 with one element more", [(byte)(body[0] + 1), .. WithVersion(2)[1..], 0],
            GoldenFormat.UpgradeRequired);
        yield return (
            "version 2 with nothing more", [0x82, .. WithVersion(2)[1..(at + 1)]], GoldenFormat.UpgradeRequired);
        yield return ("version 0", WithVersion(0), GoldenFormat.UpgradeRequired);
        yield return ("version not in its shortest form", WithVersion(0x18, 1), GoldenFormat.Malformed);
        yield return ("version above 2^53-1", WithVersion(0x1b, 0, 0x20, 0, 0, 0, 0, 0, 0), GoldenFormat.Malformed);
        yield return ("version is null", WithVersion(0xf6), GoldenFormat.Malformed);
        yield return ("version is a float", WithVersion(0xf9, 0x3c, 0), GoldenFormat.Malformed);
        yield return ("version is negative", WithVersion(0x20), GoldenFormat.Malformed);
        yield return ("array of indefinite length", [0x9f, .. body[1..], 0xff], GoldenFormat.Malformed);
        yield return ("array tells one element fewer", [(byte)(body[0] - 1), .. body[1..]], GoldenFormat.Malformed);
        yield return ("array tells one element more", [(byte)(body[0] + 1), .. body[1..]], GoldenFormat.Malformed);
        yield return ("another label", Forge.Flip(body, at - 1), GoldenFormat.Malformed);
        yield return ("label is a byte string", Forge.Flip(body, 1, 0x20), GoldenFormat.Malformed);
        yield return ("tagged", [0xc6, .. body], GoldenFormat.Malformed);
        yield return ("a byte left over", [.. body, 0], GoldenFormat.Malformed);
        yield return ("last byte missing", body[..^1], GoldenFormat.Malformed);
        yield return ("empty", [], GoldenFormat.Malformed);
    }

    /// <summary>The same, as invalid examples.</summary>
    public static IEnumerable<(string Name, JsonObject Told, string Verdict)> OfCbor(
        byte[] body, Func<byte[], JsonObject> told) =>
        OfCbor(body).Select(lie => (lie.Name, told(lie.Bytes), lie.Verdict));

    /// <summary>Bytes with the one place of <paramref name="old"/> replaced.</summary>
    public static byte[] Replace(byte[] bytes, byte[] old, byte[] with)
    {
        var at = bytes.AsSpan().IndexOf(old);
        Assert.True(at >= 0 && bytes.AsSpan(at + 1).IndexOf(old) < 0, "stands there once");
        return [.. bytes[..at], .. with, .. bytes[(at + old.Length)..]];
    }

    /// <summary>A CBOR byte string.</summary>
    public static byte[] Cbor(ReadOnlySpan<byte> bytes) => new CborOut().Bytes(bytes).ToArray();
}
