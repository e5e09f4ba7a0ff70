using System.Security.Cryptography;
using KeyRecovery.Client.Tests.Devices;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>A phone with an account, a laptop without, and a person with both in hand.</summary>
public abstract class LinkTable(ServerFixture fixture) : IDisposable
{
    private protected ServerFixture Fixture { get; } = fixture;

    private protected RecoveryCode Code { get; } = RecoveryCode.Generate(SystemRandom.Instance);

    private protected TestDevice Phone { get; } = new(fixture.Server.Address);

    private protected TestDevice Laptop { get; } = new(fixture.Server.Address);

    /// <summary>What the laptop shows.</summary>
    private protected TaskCompletionSource<string> Digits { get; } =
        new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>As large as one may be.</summary>
    private protected byte[] Bundle { get; } = RandomNumberGenerator.GetBytes(LinkLimits.BundleBytes);

    /// <inheritdoc/>
    public void Dispose()
    {
        Phone.Dispose();
        Laptop.Dispose();
        Code.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected async Task<(Result<LinkedDevice> Existing, Result<Linked> Joining,
        VaultSession OnPhone)> RunAsync(
            Func<int, string, Task<string>> type, Func<LinkCandidate, CancellationToken, Task<bool>>? consent = null,
            LinkJoin? join = null)
    {
        var onPhone = await RevocationTests.NewAccountAsync(Phone, Fixture, Code);
        await using var link = TestDevice.Value(await onPhone.BeginLinkAsync());
        var existing = link.RunAsync(
            new LinkApproval
            {
                AskDigits = async (left, _) => await type(left, await Digits.Task),
                Consent = consent ?? ((_, _) => Task.FromResult(true)),
            },
            Bundle);
        using var code = Scan(link.QrText);
        var joining = await Laptop.Client.LinkAsync(code, join ?? Join());
        return (await existing.WaitAsync(TimeSpan.FromMinutes(1)), joining, onPhone);
    }

    private protected LinkApproval Approve(Action<LinkCandidate> seen) => new()
    {
        AskDigits = (_, _) => Digits.Task,
        Consent = (candidate, _) =>
        {
            seen(candidate);
            return Task.FromResult(true);
        },
    };

    private protected LinkJoin Join() =>
        new() { DeviceName = "laptop", Platform = "Linux", ShowDigits = (digits, _) => Digits.TrySetResult(digits) };

    private protected async Task AssertCleanAsync(VaultSession onPhone)
    {
        Assert.Null(await Laptop.Store.LoadAsync(default));
        TestDevice.Value(await onPhone.RefreshAsync());
        Assert.DoesNotContain(onPhone.Authorities, a => a.Name == "laptop");
        onPhone.Dispose();
    }

    private protected async Task<LinkCode> FindAsync(string typed)
    {
        using var characters = Assert.IsType<TypedLinkCodeParse.Ok>(TypedLinkCode.Parse(typed)).Code;
        return TestDevice.Value(await Laptop.Client.FindLinkCodeAsync(characters));
    }

    private protected static LinkCode Scan(string text) => Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(text)).Code;

    private protected static string Other(string digits) => digits == "000000" ? "000001" : "000000";

    private protected static void AssertEnded(LinkFailure reason, Result<LinkedDevice> existing, Result<Linked> joining)
    {
        Assert.Equal(new ClientFailure.LinkEnded(reason), TestDevice.Failure(existing));
        Assert.Equal(new ClientFailure.LinkEnded(reason), TestDevice.Failure(joining));
    }

    internal static void Use(Linked linked)
    {
        linked.Bundle.Dispose();
        linked.Vault.Dispose();
    }
}
