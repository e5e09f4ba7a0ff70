using System.Text;
using DriveSample;
using KeyRecovery;

// A drive whose servers read no file. Alice shares one with Bob, takes it from him, loses her phone, and has it back
// by her recovery code.
//
//   dotnet run --project samples/drive -- http://127.0.0.1:5080 FOLDER
//
// On standard input, a line each: an app token of Alice, one of Bob, the file's name, its text.
var (server, folder) = (new Uri(args[0]), args[1]);
var (aliceToken, bobToken, name, text) = (Line(), Line(), Line(), Line());
var blobs = new BlobStore(Path.Combine(folder, "blobs"));
using var code = RecoveryCode.Generate();

// Each has an account, whose devices have the account's own keys. Their statements go through the drive's server.
using var bobClient = Client("bob");
using var bobVault = await CreateAsync(bobClient, bobToken, null);
using var bob = Drive.Value(await bobVault.Identity.OpenAsync());
blobs.Put("bob", bob.Statement.Bytes.Span);
string number, id;
using (var phone = Client("alice's phone"))
using (var vault = await CreateAsync(phone, aliceToken, code))
using (var alice = Drive.Value(await vault.Identity.OpenAsync()))
{
    blobs.Put("alice", alice.Statement.Bytes.Span);

    // They compare the number once, on a call: no server stands between them.
    number = alice.SafetyNumberWith(Person("bob")).ToString();
    Check(number == bob.SafetyNumberWith(Person("alice")).ToString(), "the numbers are the same");
    Console.WriteLine($"number {number}");

    var drive = new Drive(alice, blobs);
    id = drive.Put(Encoding.UTF8.GetBytes(text), Person("bob"));
    drive.Tell(Person("bob"), id, name);
    Drive.Value(await vault.PutAsync("files", Encoding.UTF8.GetBytes($"{id} {name}")));
    Check(new Drive(bob, blobs).Hear(Person("alice")) == (id, name), "Bob hears of the file");
    Check(ReadBy(bob) == text, "Bob reads it");
    Console.WriteLine("shared");

    drive.Revoke(id, Person("bob"), Person("bob"));
    Check(ReadBy(bob) is null, "Bob reads it no more");
    Console.WriteLine("revoked");
}

// The phone is lost, with all that was on it.
Directory.Delete(Home("alice's phone"), recursive: true);
using var newPhone = Client("alice's new phone");
using var recovery = Drive.Value(await newPhone.BeginRecoveryAsync(code));
var lost = recovery.Devices.Select(device => device.Id);
using var recovered = Drive.Value(await recovery.CompleteAsync("new phone", [.. lost])).Vault;
using var again = Drive.Value(await recovered.Identity.OpenAsync());
Check(again.SafetyNumberWith(Person("bob")).ToString() == number, "the number is what it was");
var files = Encoding.UTF8.GetString(Drive.Value(await recovered.GetAsync("files")));
Check(files == $"{id} {name}", "Alice knows her files");
Check(ReadBy(again) == text, "Alice reads hers");
Console.WriteLine("recovered");

new Drive(again, blobs).Grant(id, Person("bob"));
Check(ReadBy(bob) == text, "Bob reads it again");
Console.WriteLine("done");
return 0;

KeyRecoveryClient Client(string device) => new(
    new KeyRecoveryOptions { Server = server, App = "demo" }, new FileDeviceStore(Home(device)));

string Home(string device) => Path.Combine(folder, device);

static async Task<VaultSession> CreateAsync(KeyRecoveryClient client, string token, RecoveryCode? code) =>
    Drive.Value(await client.CreateAsync(token, new CreateOptions { DeviceName = "phone", Code = code }));

IdentityStatement Person(string who) => IdentityStatement.TryRead(blobs.Get(who), out var statement)
    ? statement : throw new InvalidOperationException($"{who}'s statement does not hold");

string? ReadBy(AccountIdentity reader) => new Drive(reader, blobs).Read(id, Person("alice"))
    .Match(Encoding.UTF8.GetString, _ => (string?)null);

static string Line() => Console.ReadLine() ?? throw new InvalidOperationException("a line is missing");

static void Check(bool holds, string what)
{
    if (!holds) throw new InvalidOperationException($"not so: {what}");
}
