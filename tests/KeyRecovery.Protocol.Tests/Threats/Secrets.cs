using System.Runtime.CompilerServices;
using System.Text.Json;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;

namespace KeyRecovery.Protocol.Tests.Threats;

/// <summary>A secret that reaches a log, a debugger, an answer or a crash dump.</summary>
public class Secrets
{
    private static readonly byte[] Seed = new TestRandom(5).Bytes(32);

    [Fact]
    public void No_disposable_type_prints_its_members()
    {
        var types = typeof(SecretBytes).Assembly.GetTypes()
            .Where(type => type.IsAssignableTo(typeof(IDisposable)) && type is { IsClass: true, IsAbstract: false }
                && !type.Name.Contains('<', StringComparison.Ordinal))
            .ToList();
        Assert.All(Instances(), secret => Assert.Contains(secret.GetType(), types));
        foreach (var type in types)
            Assert.False(PrintsMembers(type), $"{type.Name} is a record and prints what it holds");
        Assert.True(PrintsMembers(typeof(Leaky)));
    }

    [Fact]
    public void Printed_secrets_are_redacted_also_inside_of_other_things()
    {
        foreach (var secret in Instances())
        {
            Assert.Equal("[redacted]", secret.ToString());
            Assert.Equal("x [redacted]", $"x {secret}");
            secret.Dispose();
            Assert.Equal("[redacted]", secret.ToString());
        }

        using var code = RecoveryCode.Generate(new TestRandom(1));
        Assert.Equal("Ok { Code = [redacted] }", new RecoveryCodeParse.Ok(code).ToString());
        Assert.Equal("Typo { Group = 3, Position = 2 }", new RecoveryCodeParse.Typo(3, 2, 'q', 'p').ToString());
    }

    [Fact]
    public void Serialised_secrets_show_nothing()
    {
        foreach (var secret in Instances())
        {
            using (secret)
                Assert.False(Shows(Serialised(secret)), secret.GetType().Name);
        }

        Assert.True(Shows(Serialised(Seed)), "the search finds a seed that is there");
        Assert.True(Shows(Serialised(Seed.Select(value => (int)value))), "also as numbers");
    }

    [Fact]
    public void A_disposed_secret_is_zeroed_and_unreadable()
    {
        var secret = SecretBytes.Copy(Seed);
        var kept = secret.Span;
        Assert.True(kept.SequenceEqual(Seed));
        secret.Dispose();
        Assert.False(kept.ContainsAnyExcept((byte)0));
        Assert.Throws<ObjectDisposedException>(() => secret.Span.Length);
        Assert.Equal(32, secret.Length);
        secret.Dispose();
    }

    [Fact]
    public void Disposed_keys_do_nothing_any_more_but_tell_their_public_half()
    {
        var signing = SigningKey.FromSeed(Seed);
        signing.Dispose();
        Assert.Throws<ObjectDisposedException>(() => signing.Sign(SignatureLabel.Link, []));
        Assert.Equal(32, signing.PublicKey.ToArray().Length);

        var kem = KemPrivateKey.FromSeed(Seed);
        var sealedBytes = Hpke.Seal(kem.PublicKey, [], [], [1], new byte[64]);
        kem.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Hpke.TryOpen(kem, [], [], sealedBytes, new byte[1]));

        var code = RecoveryCode.Generate(new TestRandom(1));
        var slot = code.DeriveSlot();
        code.Dispose();
        Assert.Throws<ObjectDisposedException>(code.ToDisplayString);
        Assert.Throws<ObjectDisposedException>(code.DeriveSlot);
        slot.Dispose();
        Assert.Throws<ObjectDisposedException>(() => slot.Signing.Sign(SignatureLabel.Link, []));
    }

    private sealed record Leaky(byte[] Secret);

    private static bool PrintsMembers(Type type) =>
        type.GetMethod(nameof(ToString), [])!.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false);

    private static IEnumerable<IDisposable> Instances() =>
    [
        SecretBytes.Copy(Seed),
        SigningKey.FromSeed(Seed),
        KemPrivateKey.FromSeed(Seed),
        RecoveryCode.Generate(new TestRandom(5)),
        new SlotKeys(default, SigningKey.FromSeed(Seed), KemPrivateKey.FromSeed(Seed)),
    ];

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
        json.Contains(Convert.ToBase64String(Seed)[..20], StringComparison.Ordinal)
        || json.Contains(string.Join(',', Seed.Take(8)), StringComparison.Ordinal)
        || json.Contains(Convert.ToHexString(Seed)[..16], StringComparison.OrdinalIgnoreCase);
}
