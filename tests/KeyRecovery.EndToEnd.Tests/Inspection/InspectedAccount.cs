using KeyRecovery.EndToEnd.Tests.Linking;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Inspection;

/// <summary>
/// An account whose every secret is a canary, taken through its life: made, backed up, changed, lost, recovered.
/// </summary>
internal sealed class InspectedAccount : IDisposable
{
    private readonly List<TestDevice> _devices = [];
    private readonly string _content = Canary.NewText();
    private readonly string _largeContent = Canary.NewText();
    private readonly string _bundle = Canary.NewText();
    private readonly string _linkedName = Canary.NewText();
    private readonly string _itemName = Canary.NewText();
    private readonly string _deviceName = Canary.NewText();
    private readonly string _passphrase = $"{Canary.NewText()} {Canary.NewText()}";

    public string Subject { get; } = Canary.NewText();

    /// <summary>Must be nowhere.</summary>
    public List<Canary> Secrets { get; } = [];

    public IEnumerable<RelayHandler> Relays => _devices.Select(d => d.Relay);

    public async Task LiveAsync(ServerProcess server, int number)
    {
        using var code = RecoveryCode.Generate(SystemRandom.Instance);
        var shown = code.ToDisplayString();
        Secrets.AddRange(
        [
            Canary.Of($"content {number}", _content), Canary.Of($"large content {number}", _largeContent),
            Canary.Of($"item name {number}", _itemName), Canary.Of($"device name {number}", _deviceName),
            Canary.Of($"code {number}", shown),
            Canary.Of($"code without spaces {number}", shown.Replace(" ", "", StringComparison.Ordinal)),
        ]);

        var token = await server.TokenAsync(Subject);
        var phone = Device(server);
        using (var vault = await phone.CreateAsync(
            token, code, _deviceName, new ItemEdit.Put(_itemName, Bytes(_content))))
        {
            TestDevice.Value(await vault.PutAsync(_itemName, Bytes(_content + "/2")));
            TestDevice.Value(
                await vault.PutAsync("large", Bytes(string.Concat(Enumerable.Repeat(_largeContent, 3000)))));
            await LinkAsync(server, vault, number);
            await SetPassphraseAsync(server, vault, token, number);
            await AddSecretsAsync(phone, $"phone {number}");
        }
        var next = Device(server);
        using (var vault = await next.RecoverAsync(code, removeOthers: true, name: _deviceName))
        {
            Assert.Equal(Bytes(_content + "/2"), TestDevice.Value(await vault.GetAsync(_itemName)));
            await AddSecretsAsync(next, $"next phone {number}");
        }
    }

    public void Dispose()
    {
        foreach (var device in _devices) device.Dispose();
    }

    // The app's private keys go from one device to the other, through the relay.
    private async Task LinkAsync(ServerProcess server, VaultSession vault, int number)
    {
        var bundle = Bytes(string.Concat(Enumerable.Repeat(_bundle, 400)));
        Secrets.AddRange([Canary.Of($"bundle {number}", _bundle), Canary.Of($"linked name {number}", _linkedName)]);
        var laptop = Device(server);
        var linked = await LinkedPair.LinkAsync(vault, laptop, bundle, _linkedName);
        Assert.Equal(bundle, linked.Bundle.Span.ToArray());
        await AddSecretsAsync(laptop, $"laptop {number}");
        linked.Bundle.Dispose();
        linked.Vault.Dispose();
    }

    // Set, tried and used by a machine that has nothing: through the same server, which is the realm as well.
    private async Task SetPassphraseAsync(ServerProcess server, VaultSession vault, string token, int number)
    {
        using var passphrase = ((PassphraseParse.Ok)Passphrase.Parse(_passphrase)).Passphrase;
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, new SetPassphraseOptions { Token = token }));
        var borrowed = Device(server);
        using (var session = TestDevice.Value(await borrowed.Client.BeginPassphraseRecoveryAsync(passphrase, token)))
            TestDevice.Value(await session.CheckItemsAsync());
        Secrets.Add(Canary.Of($"passphrase {number}", _passphrase));
        Secrets.AddRange(await PassphraseSecrets.OfAsync(server, vault, passphrase, token, number));
    }

    private TestDevice Device(ServerProcess server)
    {
        var device = new TestDevice(server.Address);
        _devices.Add(device);
        return device;
    }

    private async Task AddSecretsAsync(TestDevice device, string whose)
    {
        using var state = await device.Store.LoadAsync(default);
        Secrets.AddRange(DeviceSecrets.Of(state!, whose));
    }

    private static byte[] Bytes(string text) => System.Text.Encoding.UTF8.GetBytes(text);
}
