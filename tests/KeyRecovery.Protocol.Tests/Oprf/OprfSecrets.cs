using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using KeyRecovery.Protocol.Oprf;

namespace KeyRecovery.Protocol.Tests.Oprf;

/// <summary>
/// A share, a blind, an input or a whole key that reaches a log, a debugger or memory that outlives it.
/// </summary>
public class OprfSecrets
{
    private static readonly byte[] Secret = [.. new TestRandom(5).Bytes(31), 0x0f];

    [Fact]
    public void What_is_printed_shows_no_secret()
    {
        foreach (var secret in Instances())
        {
            Assert.Equal("[redacted]", secret.ToString());
            Assert.Equal("[redacted]", secret.GetType().GetCustomAttribute<DebuggerDisplayAttribute>()?.Value);
            Assert.False(Shows(Serialised(secret)), secret.GetType().Name);
            secret.Dispose();
            Assert.Equal("[redacted]", secret.ToString());
        }

        Assert.True(Shows(Serialised(Secret)), "the search finds a secret that is there");
        Assert.True(Shows(Serialised(Secret.Select(value => (int)value))), "also as numbers");
    }

    [Fact]
    public void What_is_disposed_is_zeroed_and_does_nothing_any_more()
    {
        var key = OprfKeyShares.Split(3, 2, new TestRandom(1));
        var share = key.Shares[1];
        var kept = share.Span;
        Assert.True(kept.ContainsAnyExcept((byte)0));
        var request = OprfRequest.Blind(Secret, new TestRandom(2));
        var evaluation = OprfServer.Evaluate(share, key.ShareKeys[1], request.Blinded, new TestRandom(3));

        key.Dispose();
        Assert.False(kept.ContainsAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(() => share.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => key.Evaluate(Secret));
        Assert.Throws<ObjectDisposedException>(
            () => OprfServer.Evaluate(share, key.ShareKeys[1], request.Blinded, new TestRandom(3)));
        Assert.Equal(key.ShareKeys[1], share.PublicKey);

        request.Dispose();
        Assert.Throws<ObjectDisposedException>(() => request.Finalize([(1, evaluation.Evaluated)]));
        Assert.True(request.Verify(key.ShareKeys[1], evaluation));
    }

    [Fact]
    public void A_share_that_was_taken_over_is_a_copy()
    {
        var bytes = Secret.ToArray();
        Assert.True(OprfScalar.TryParse(bytes, out var scalar));
        bytes.AsSpan().Clear();
        Assert.Equal(Secret, scalar.Span.ToArray());
        scalar.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scalar.PublicKey);
    }

    private static IEnumerable<IDisposable> Instances()
    {
        Assert.True(OprfScalar.TryParse(Secret, out var scalar));
        return [scalar, OprfRequest.Blind(Secret, new TestRandom(1)), OprfKeyShares.Split(1, 1, new FixedBytes())];
    }

    private static string Serialised(object value)
    {
        try
        {
            return JsonSerializer.Serialize(value, value.GetType());
        }
        catch (Exception e) when (e is NotSupportedException or InvalidOperationException)
        {
            return "";
        }
    }

    private static bool Shows(string json) =>
        json.Contains(Convert.ToBase64String(Secret)[..20], StringComparison.Ordinal)
        || json.Contains(string.Join(',', Secret.Take(8)), StringComparison.Ordinal)
        || json.Contains(Convert.ToHexString(Secret)[..16], StringComparison.OrdinalIgnoreCase);

    /// <summary>Makes the secret itself the key: 64 bytes that reduce to it.</summary>
    private sealed class FixedBytes : IRandom
    {
        public void Fill(Span<byte> destination)
        {
            destination.Clear();
            Secret.CopyTo(destination);
        }
    }
}
