using System.Security.Cryptography;
using KeyRecovery.Client.Tests.Devices;
using KeyRecovery.Protocol.Linking;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Client.Tests.Linking;

/// <summary>
/// A phone with an account and a laptop without, on one table: whoever lies between them, the people are honest.
/// </summary>
internal sealed class LinkScene : IAsyncDisposable
{
    /// <summary>Large enough for two parts.</summary>
    private const int BundleSize = 10_000;

    private TaskCompletionSource<string> _digits = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _cancel = new();
    private ExistingDeviceLink? _link;

    private LinkScene(TestDevice phone, TestDevice laptop, VaultSession onPhone) =>
        (Phone, Laptop, OnPhone) = (phone, laptop, onPhone);

    public TestDevice Phone { get; }

    public TestDevice Laptop { get; }

    public VaultSession OnPhone { get; }

    public byte[] Bundle { get; } = RandomNumberGenerator.GetBytes(BundleSize);

    /// <summary>The code on the phone's screen.</summary>
    public string QrText => _link!.QrText;

    /// <summary>Whether the laptop has shown digits, and so the person has typed some.</summary>
    public bool HasShownDigits => _digits.Task.IsCompleted;

    /// <summary>Whom the phone's person was asked to let in, if it came to that.</summary>
    public LinkCandidate? Asked { get; private set; }

    /// <summary>What came of it on the phone.</summary>
    public Task<Result<LinkedDevice>> Existing { get; private set; } = null!;

    /// <summary>What came of it on the laptop.</summary>
    public Task<Result<Linked>> Joining { get; private set; } = null!;

    public static async Task<LinkScene> NewAsync(
        ServerFixture fixture, Func<KeyRecoveryOptions, KeyRecoveryOptions>? phone = null,
        Func<KeyRecoveryOptions, KeyRecoveryOptions>? laptop = null)
    {
        var existing = new TestDevice(fixture.Server.Address, adjust: phone);
        var onPhone = await RevocationTests.NewAccountAsync(existing, fixture, null);
        return new LinkScene(existing, new TestDevice(fixture.Server.Address, adjust: laptop), onPhone);
    }

    /// <summary>The phone shows a code.</summary>
    /// <param name="type">What its person types; what the laptop shows unless told.</param>
    public async Task ShowAsync(Func<Task<string>>? type = null)
    {
        if (_link is not null) await _link.DisposeAsync();
        _link = TestDevice.Value(await OnPhone.BeginLinkAsync());
        _cancel.Dispose();
        (_cancel, _digits) = (new(), new(TaskCreationOptions.RunContinuationsAsynchronously));
        Existing = _link.RunAsync(
            new LinkApproval
            {
                AskDigits = (_, ct) => (type?.Invoke() ?? _digits.Task).WaitAsync(ct),
                Consent = (candidate, _) =>
                {
                    Asked = candidate;
                    return Task.FromResult(true);
                },
            },
            Bundle, _cancel.Token);
    }

    /// <summary>The phone's person stops it.</summary>
    public async Task CancelAsync()
    {
        await _cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Existing);
    }

    /// <summary>
    /// The laptop is at its end: the phone's person gives it a moment to come to its own, and then stops it.
    /// </summary>
    public async Task StopAsync()
    {
        if (await Task.WhenAny(Existing, Task.Delay(TimeSpan.FromSeconds(1))) != Existing) await _cancel.CancelAsync();
        await Task.WhenAny(Existing).WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>The laptop scans it.</summary>
    public Task<Result<Linked>> ScanAsync() => Joining = JoinAsync(Laptop, QrText);

    /// <summary>Both, to the end.</summary>
    public async Task RunAsync()
    {
        await ShowAsync();
        await Task.WhenAll(ScanAsync(), Existing).WaitAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>Somebody else scans it.</summary>
    public static async Task<Result<Linked>> ScanAsync(
        TestDevice device, string qrText, Action<string>? showDigits = null)
    {
        using var code = Assert.IsType<LinkCodeParse.Ok>(LinkCode.Parse(qrText)).Code;
        return await device.Client.LinkAsync(
            code, new LinkJoin {
                DeviceName = "laptop", Platform = "Linux", ShowDigits = (digits, _) => showDigits?.Invoke(digits),
            });
    }

    /// <summary>How many devices the account has, as the server tells it.</summary>
    public async Task<int> CountDevicesAsync()
    {
        TestDevice.Value(await OnPhone.RefreshAsync());
        return OnPhone.Authorities.Length;
    }

    public async ValueTask DisposeAsync()
    {
        if (_link is not null) await _link.DisposeAsync();
        if (Joining is { IsCompletedSuccessfully: true } && await Joining is Result<Linked>.Ok { Value: var linked })
        {
            linked.Bundle.Dispose();
            linked.Vault.Dispose();
        }
        _cancel.Dispose();
        OnPhone.Dispose();
        Phone.Dispose();
        Laptop.Dispose();
    }

    private Task<Result<Linked>> JoinAsync(TestDevice device, string qrText) =>
        ScanAsync(device, qrText, digits => _digits.TrySetResult(digits));
}
