using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Passphrases;

/// <summary>A user with a phone, a recovery code and a passphrase.</summary>
internal sealed class PassphraseWorld : IDisposable
{
    public const string Right = "correct horse battery staple";

    private PassphraseWorld(RealmsFixture fixture, int[] realms)
    {
        (Fixture, Realms) = (fixture, realms);
        Phone = fixture.Device(Subject, realms);
        Code = RecoveryCode.Generate(SystemRandom.Instance);
    }

    public RealmsFixture Fixture { get; }

    public int[] Realms { get; }

    public string Subject { get; } = $"user-{Guid.NewGuid():N}";

    public TestDevice Phone { get; }

    public RecoveryCode Code { get; }

    public VaultSession Vault { get; private set; } = null!;

    /// <summary>An account with one item, and a passphrase at these realms.</summary>
    public static async Task<PassphraseWorld> CreateAsync(
        RealmsFixture fixture, int[] realms, string passphrase = Right)
    {
        var world = new PassphraseWorld(fixture, realms);
        world.Vault = await world.Phone.CreateAsync(
            await world.TokenAsync(), world.Code, "phone", new ItemEdit.Put("identity", "kept"u8.ToArray()));
        Assert.Null(await world.SetAsync(passphrase));
        return world;
    }

    public Task<string> TokenAsync() => Fixture.Home.TokenAsync(Subject);

    public async Task<ClientFailure?> SetAsync(string text, int? threshold = null)
    {
        using var passphrase = RealmsFixture.Of(text);
        return (await Vault.Passphrase.SetAsync(passphrase, await Fixture.SetAsync(Subject, threshold))).Error;
    }

    /// <summary>A guess by somebody who has nothing but the login.</summary>
    public async Task<Result<RecoverySession>> GuessAsync(
        TestDevice device, string text, string? token = null)
    {
        using var passphrase = RealmsFixture.Of(text);
        return await device.Client.BeginPassphraseRecoveryAsync(passphrase, token ?? await TokenAsync());
    }

    /// <summary>A machine of the same user that has nothing yet.</summary>
    public TestDevice NewDevice() => Fixture.Device(Subject, Realms);

    public void Dispose()
    {
        Vault?.Dispose();
        Phone.Dispose();
        Code.Dispose();
    }
}
