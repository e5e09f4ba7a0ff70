using System.Security.Cryptography;
using KeyRecovery;

// A messenger keeps its user's key in an account: made, opened without a network, watched while a laptop is linked and
// revoked, and recovered on a new phone.
//
//   dotnet run --project samples/messenger -- http://127.0.0.1:5080 FOLDER
//
// On standard input, a line: an app token of the user.
var (server, folder) = (new Uri(args[0]), args[1]);
var token = Console.ReadLine() ?? throw new InvalidOperationException("a token is missing");
var identityKey = RandomNumberGenerator.GetBytes(32);

// Once, for a new user. The code is shown before this call, and stored nowhere.
using var code = RecoveryCode.Generate();
using (var phone = Client("phone"))
{
    using (var made = Value(await phone.CreateAsync(token, new CreateOptions
    {
        DeviceName = "Ann's phone", Code = code, Items = [new ItemEdit.Put("identity", identityKey)],
    })))
        Console.WriteLine($"created with {made.Items.Length} item");

    // At every start: at once, and without a network.
    using var vault = Value(await phone.OpenOfflineAsync());
    Value(await vault.QueueAsync([new ItemEdit.Put("draft", "see you soon"u8.ToArray())]));
    Console.WriteLine($"opened as of {vault.AsOf:u}, {vault.Queued.Length} change waits");

    // The network is back: what waited is sent, and what happens is told.
    Value(await vault.SendQueuedAsync());
    var watching = WatchUntilRemovedAsync(vault);

    // A laptop scans the phone's QR code, and shows six digits, which are typed on the phone.
    using (var laptop = Client("laptop"))
    await using (var link = Value(await vault.BeginLinkAsync()))
    {
        var digits = new TaskCompletionSource<string>();
        var approval = new LinkApproval
        {
            AskDigits = (_, ct) => digits.Task.WaitAsync(ct), Consent = (_, _) => Task.FromResult(true),
        };
        var approved = link.RunAsync(approval, identityKey);
        using var scanned = LinkCode.Parse(link.QrText) is LinkCodeParse.Ok { Code: var seen }
            ? seen : throw new InvalidOperationException("it is no link code");
        var linked = Value(await laptop.LinkAsync(scanned, new LinkJoin
        {
            DeviceName = "Ann's laptop", Platform = "sample", ShowDigits = (shown, _) => digits.TrySetResult(shown),
        }));
        using (linked.Vault)
        using (linked.Bundle)
            Check(linked.Bundle.Span.SequenceEqual(identityKey), "the laptop has the key");
        Value(await approved);
        Console.WriteLine("linked");
    }

    // It is sold, and its new owner is to read nothing.
    Value(await vault.RefreshAsync());
    var sold = vault.Authorities.Single(authority => authority.Name == "Ann's laptop").Id;
    Value(await vault.RevokeAsync(new RevocationRequest([sold])));
    await watching;
    Console.WriteLine("revoked");
}

// The phone is lost, with all that was on it.
Directory.Delete(Path.Combine(folder, "phone"), recursive: true);
using var newPhone = Client("new phone");
using var recovery = Value(await newPhone.BeginRecoveryAsync(code));
using var back = Value(await recovery.CompleteAsync(
    "Ann's new phone", [.. recovery.Devices.Select(device => device.Id)])).Vault;
Check(Value(await back.GetAsync("identity")).AsSpan().SequenceEqual(identityKey), "the key is back");
Check(Value(await back.GetAsync("draft")).AsSpan().SequenceEqual("see you soon"u8), "and what waited");
Console.WriteLine("recovered");
return 0;

KeyRecoveryClient Client(string device) => new(
    new KeyRecoveryOptions { Server = server, App = "demo" }, new FileDeviceStore(Path.Combine(folder, device)));

// An app looks every half minute; this one has no time.
static async Task WatchUntilRemovedAsync(VaultSession vault)
{
    await foreach (var happened in vault.WatchAsync(new WatchOptions { Poll = WatchOptions.Shortest }))
    {
        Console.WriteLine($"told: {happened.GetType().Name}");
        if (happened is AccountEvent.Removed) return;
    }
}

static T Value<T>(Result<T> result) =>
    result.Match(value => value, failure => throw new InvalidOperationException(failure.Message));

static void Check(bool holds, string what)
{
    if (!holds) throw new InvalidOperationException($"not so: {what}");
}
