using System.Text;
using KeyRecovery.Protocol.Recovery;
using KeyRecovery.Testing.Hosting;

namespace KeyRecovery.Cli.Tests.Support;

/// <summary>
/// An account into which a thief came with the code: it replaces a, deletes b, replaces what the owner wrote to c after
/// that, and adds trash; the owner adds e. All of that by the SDK, which is quicker than the command line.
/// </summary>
public sealed class Victim : IDisposable
{
    private readonly RecoveryCode _code = RecoveryCode.Generate(SystemRandom.Instance);
    private readonly TestDevice _phone;
    private readonly TestDevice _thief;

    private Victim(Uri server)
    {
        (_phone, _thief) = (new TestDevice(server), new TestDevice(server));
        (Phone, Thief) = (new CommandLine(server, _phone.Home), new CommandLine(server, _thief.Home));
    }

    /// <summary>What the owner is to have again.</summary>
    public static IReadOnlyDictionary<string, string> Wanted { get; } = new Dictionary<string, string>
    {
        ["a"] = "first a", ["b"] = "first b", ["c"] = "second c", ["e"] = "phone's",
    };

    /// <summary>The owner's device.</summary>
    public CommandLine Phone { get; }

    /// <summary>The thief's, which is young.</summary>
    public CommandLine Thief { get; }

    /// <summary>Its id.</summary>
    public string ThiefId { get; private set; } = "";

    /// <summary>The owner's device's id.</summary>
    public string PhoneId { get; private set; } = "";

    /// <summary>The recovery code.</summary>
    public string Code => _code.ToDisplayString();

    /// <summary>Makes the account, and lets the thief do it.</summary>
    public static async Task<Victim> MakeAsync(CliFixture fixture)
    {
        var victim = new Victim(fixture.Server.Address);
        using var phone = await victim._phone.CreateAsync(
            await fixture.Server.TokenAsync(Canary.NewText()), victim._code, "phone", Put("a", "first a"),
            Put("b", "first b"), Put("c", "first c"));
        using var thief = await victim._thief.RecoverAsync(victim._code, name: "thief");
        (victim.PhoneId, victim.ThiefId) = (phone.Device.ToString(), thief.Device.ToString());
        await EditAsync(thief, Put("a", "thief's"), new ItemEdit.Remove("b"));
        await EditAsync(phone, Put("c", "second c"), Put("e", "phone's"));
        await EditAsync(thief, Put("c", "thief's c"), Put("trash", "trash"));
        return victim;
    }

    /// <summary>A device that comes in with the code, and its id.</summary>
    public static async Task<(CommandLine Device, string Id)> JoinAsync(CliFixture fixture, string code, string name)
    {
        var device = fixture.NewDevice();
        return (device, (await device.TypeAsync(
            code, "recover", "--code", "--remove", "none", "--name", name, "--json")).Ended(0).Text("deviceId"));
    }

    /// <summary>Whether a device has what the owner wants, and nothing else.</summary>
    public static async Task AssertIsBackAsync(CliFixture fixture, CommandLine device)
    {
        var folder = fixture.NewPath();
        (await device.RunAsync("backup", "get", "--all", folder)).Ended(0);
        Assert.Equal(
            Wanted.OrderBy(w => w.Key),
            Directory.GetFiles(folder).Select(f => KeyValuePair.Create(Path.GetFileName(f), File.ReadAllText(f)))
                .OrderBy(f => f.Key));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _phone.Dispose();
        _thief.Dispose();
        _code.Dispose();
    }

    private static ItemEdit.Put Put(string name, string content) => new(name, Encoding.UTF8.GetBytes(content));

    private static async Task EditAsync(VaultSession vault, params ItemEdit[] edits)
    {
        TestDevice.Value(await vault.RefreshAsync());
        TestDevice.Value(await vault.EditAsync([.. edits]));
    }
}
