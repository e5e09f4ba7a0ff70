using System.Text;
using KeyRecovery.Protocol.Passphrases;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.EndToEnd.Tests.Memory;

/// <summary>
/// The SDK in a process of its own, as an app uses it: this assembly as a program. It does one flow after another, by
/// name from standard input, lets go of all that it held, and says that it is done.
/// </summary>
internal sealed class ClientLife(Uri server, string folder)
{
    private static readonly Dictionary<string, Func<ClientLife, Task>> Flows = new()
    {
        ["create"] = life => life.CreateAsync(),
        ["put and get"] = life => life.PutAndGetAsync(),
        ["create a code"] = life => life.AddCodeAsync(),
        ["set a passphrase"] = life => life.SetPassphraseAsync(),
        ["recover by code"] = life => life.RecoverByCodeAsync(),
        ["recover by passphrase"] = life => life.RecoverByPassphraseAsync(),
        ["link"] = life => life.LinkAsync(),
        ["undo"] = life => life.UndoAsync(),
        ["revoke"] = life => life.RevokeAsync(),
        ["plant"] = life => life.Plant(),
    };

    private static byte[]? _planted;

    private readonly string _token = File.ReadAllText(Path.Combine(folder, "token"));

    /// <summary>The flows, in their order.</summary>
    public static IEnumerable<string> Names => Flows.Keys.Where(name => name != "plant");

    public static async Task<int> Main(string[] arguments)
    {
        if (arguments is not [var server, var folder]) return 2;
        var life = new ClientLife(new Uri(server), folder);
        while (await Console.In.ReadLineAsync() is { } flow)
        {
            await Flows[flow](life);
            Console.WriteLine("done");
        }
        GC.KeepAlive(_planted);
        return 0;
    }

    private async Task CreateAsync()
    {
        using var random = Told("codes");
        using var code = RecoveryCode.Generate(random);
        using var phone = Client("phone");
        using var vault = Value(
            await phone.CreateAsync(_token, new CreateOptions { DeviceName = "phone", Code = code }));
    }

    private async Task PutAndGetAsync()
    {
        using var phone = Client("phone");
        using var vault = Value(await phone.OpenAsync());
        Value(await vault.PutAsync("note", "some content"u8.ToArray()));
        Value(await vault.GetAsync("note"));
    }

    private async Task AddCodeAsync()
    {
        using var random = Told("codes");
        using var code = RecoveryCode.Generate(random);
        using var phone = Client("phone");
        using var vault = Value(await phone.OpenAsync());
        Value(await vault.AddCodeAsync(code));
    }

    private async Task SetPassphraseAsync()
    {
        using var phone = Client("phone");
        using var vault = Value(await phone.OpenAsync());
        using var passphrase = ReadPassphrase();
        TestDevice.Value(await vault.Passphrase.SetAsync(passphrase, new SetPassphraseOptions { Token = _token }));
    }

    private async Task RecoverByCodeAsync()
    {
        using var typed = Typed("code");
        using var code = ((RecoveryCodeParse.Ok)RecoveryCode.Parse(typed.Span)).Code;
        using var tablet = Client("tablet");
        using var session = Value(await tablet.BeginRecoveryAsync(code));
        Value(await session.CompleteAsync("tablet", [])).Vault.Dispose();
    }

    private async Task RecoverByPassphraseAsync()
    {
        using var laptop = Client("laptop");
        using var passphrase = ReadPassphrase();
        using var session = Value(await laptop.BeginPassphraseRecoveryAsync(passphrase, _token));
        Value(await session.CompleteAsync("laptop", [])).Vault.Dispose();
    }

    private async Task LinkAsync()
    {
        using var phone = Client("phone");
        using var watch = Client("watch");
        using var vault = Value(await phone.OpenAsync());
        var linked = await Linking.LinkedPair.LinkAsync(vault, watch, new byte[1000], "watch");
        linked.Bundle.Dispose();
        linked.Vault.Dispose();
    }

    private async Task UndoAsync()
    {
        using var phone = Client("phone");
        using var vault = Value(await phone.OpenAsync());
        var points = Value(await vault.ListRestorePointsAsync());
        var watch = IdOf(vault, "watch");
        Value(await vault.UndoAsync(new UndoRequest(points[0]) { Remove = [watch] }));
    }

    private async Task RevokeAsync()
    {
        using var phone = Client("phone");
        using var vault = Value(await phone.OpenAsync());
        var tablet = IdOf(vault, "tablet");
        Value(await vault.RevokeAsync(new RevocationRequest([tablet])));
    }

    // The control: a careless app that keeps a seed.
    private async Task Plant()
    {
        using var state = await Store("phone").LoadAsync(default);
        _planted = state!.SigningSeed.Span.ToArray();
    }

    private static AuthorityId IdOf(VaultSession vault, string name) =>
        vault.Authorities.Single(a => a.Name == name).Id;

    private static T Value<T>(Result<T> result) => TestDevice.Value(result);

    private KeyRecoveryClient Client(string name) =>
        new(
            new KeyRecoveryOptions
            {
                Server = server, App = "demo", Random = Told("draws"),
                Handler = new ToldBearers(Path.Combine(folder, "bearers")),
            }, Store(name));

    private FileDeviceStore Store(string name) => new(Path.Combine(folder, name), Told("draws"));

    private ToldRandom Told(string name) => new(Path.Combine(folder, name));

    private Passphrase ReadPassphrase()
    {
        using var typed = Typed("passphrase");
        return ((PassphraseParse.Ok)Passphrase.Parse(typed.Span)).Passphrase;
    }

    // As an app's own field for secrets gives it: characters that can be zeroed, and no string.
    private SecretText Typed(string name)
    {
        using var file = File.OpenHandle(Path.Combine(folder, name));
        Span<byte> bytes = stackalloc byte[200];
        Span<char> characters = stackalloc char[200];
        var read = RandomAccess.Read(file, bytes, 0);
        var length = Encoding.ASCII.GetChars(bytes[..read], characters);
        var typed = new SecretText();
        typed.Append(characters[..length]);
        bytes.Clear();
        characters.Clear();
        return typed;
    }
}
