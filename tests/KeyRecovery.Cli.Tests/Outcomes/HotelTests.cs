using System.Text.Json;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Outcomes;

/// <summary>
/// Every command that changes something loses its answer, and somebody else answers from then on: the outcome is told
/// as unknown, the home and what it holds stay, a code or passphrase is in the hands of the person, and the same over
/// an honest network finds what was done and does it no second time.
/// </summary>
public sealed class HotelTests(HotelFixture fixture) : IClassFixture<HotelFixture>
{
    private const string Commits = "/v1/commits";
    private const string Right = "correct horse battery staple";

    private static readonly string[] UnknownErrors =
        ["transient", "code-unanswered", "passphrase-unanswered", "realm-unreachable"];

    // Each: the path of what changes something; what was there before; the command; how the same ends afterwards.
    private static readonly Dictionary<string, Case> Cases = new()
    {
        ["account create"] = new("/v1/accounts", "account", "create", "--no-code", "--token", "TOKEN") { IsNew = true },
        ["account create --code"] =
            new("/v1/accounts", "account", "create", "--code", "--token", "TOKEN") { IsNew = true, Codes = 1 },
        ["backup put"] = new(Commits, "backup", "put", "a", "-") { Input = "second" },
        ["backup remove"] = new(Commits, "backup", "remove", "a") { Again = "no-such-item", Items = 0 },
        ["device rename"] = new(Commits, "device", "rename", "PHONE", "renamed"),
        ["device revoke"] = new(Commits, "device", "revoke", "LAPTOP")
        {
            HasLaptop = true, Again = "usage",
        },
        ["code create"] = new(Commits, "code", "create") { Codes = 3 },
        ["code create --replace"] = new(Commits, "code", "create", "--replace"),
        ["code remove"] = new(Commits, "code", "remove", "--yes") { Codes = 0 },
        ["passphrase set"] = new(Commits, "passphrase", "set", "--token", "TOKEN") { Input = Right, Passphrases = 1 },
        ["passphrase set, at the realm"] =
            new("/v1/realm/register", "passphrase", "set", "--token", "TOKEN") { Input = Right, Passphrases = 1 },
        ["passphrase set --generate"] =
            new(Commits, "passphrase", "set", "--generate", "--token", "TOKEN") { Passphrases = 1 },
        ["passphrase remove"] =
            new(Commits, "passphrase", "remove") { HasPassphrase = true, Again = "unknown-passphrase" },
        ["passphrase pause"] =
            new("/v1/realm/command", "passphrase", "pause") { HasPassphrase = true, Passphrases = 1 },
        ["passphrase resume"] =
            new("/v1/realm/command", "passphrase", "resume") { HasPassphrase = true, Passphrases = 1 },
        ["passphrase move"] = new("/v1/realm/command", "passphrase", "move", "--token", "TOKEN")
        {
            HasPassphrase = true, Passphrases = 1,
        },
        ["account undo"] = new(Commits, "account", "undo", "--to", "POINT", "--yes")
        {
            HasLaptop = true, Undoes = true,
        },
        ["erase"] = new("/v1/erasure", "erase", "--yes"),
        ["erase cancel"] = new("/v1/erasure", "erase", "cancel") { IsErasing = true },
        ["recover --code"] = new(Commits, "recover", "--code", "--remove", "none") { IsRecovery = true },
        ["recover --passphrase"] = new(Commits, "recover", "--passphrase", "--remove", "none", "--token", "TOKEN")
        {
            IsRecovery = true, HasPassphrase = true, Passphrases = 1, Input = Right,
        },
        ["recover --code --undo"] = new(Commits, "recover", "--code", "--undo", "1", "--remove", "none")
        {
            IsRecovery = true, HasLaptop = true, Undoes = true,
        },
    };

    public static IEnumerable<object[]> Pairs => Cases.Keys.SelectMany(
        name => Enumerable.Range(0, Rounds.Of(2)).Select(i => i * (HotelFixture.Rounds / 2)),
        (name, first) => new object[] { name, first });

    [Theory]
    [Trait("Category", "Rounds")]
    [MemberData(nameof(Pairs))]
    public async Task What_is_done_and_answered_by_a_stranger_is_unknown_and_found_by_the_next_call(
        string name, int first)
    {
        var that = Cases[name];
        var token = await fixture.NewTokenAsync();
        var phone = fixture.NewDevice();
        var (code, laptopId, phoneId) = ("", "", "");
        if (!that.IsNew)
        {
            var made = (await phone.RunAsync(
                "account", "create", "--code", "--name", "phone", "--token", token, "--json")).Ended(0);
            (code, phoneId) = (made.Text("code"), made.Text("deviceId"));
            (await phone.TypeAsync("first", "backup", "put", "a", "-")).Ended(0);
        }
        if (that.HasLaptop)
        {
            var laptop = fixture.NewDevice();
            laptopId = (await laptop.TypeAsync(
                code, "recover", "--code", "--remove", "none", "--name", "laptop", "--json")).Ended(0).Text("deviceId");
            if (that.Undoes) (await laptop.TypeAsync("trash", "backup", "put", "trash", "-")).Ended(0);
        }
        if (that.HasPassphrase) (await phone.TypeAsync(Right, "passphrase", "set", "--token", token)).Ended(0);
        if (that.IsErasing) (await phone.RunAsync("erase", "--yes")).Ended(0);
        // By its hash: numbers are others once it is done.
        var point = !that.Undoes ? "" : (await phone.RunAsync("account", "undo", "--json")).Ended(0).Json
            .GetProperty("points")[0].GetProperty("manifest").GetString()!;
        var device = that.IsRecovery ? fixture.NewDevice() : phone;
        var input = that.Input ?? (that.IsRecovery ? code : "");
        string[] arguments =
        [
            .. that.Arguments.Select(a => a switch
            {
                "TOKEN" => token, "PHONE" => phoneId, "LAPTOP" => laptopId, "POINT" => point, _ => a,
            }), "--json",
        ];

        var isIn = fixture.Enter(that.Path, (first + name.Length) % HotelFixture.Rounds);
        var hotel = await device.TypeAsync(input, arguments);
        fixture.Leave();
        hotel.Ended(1);
        Assert.True(isIn(), $"{name} never came to {that.Path}\n{hotel.Output}");
        Assert.True(UnknownErrors.Contains(hotel.Text("error")), hotel.Output);
        Assert.DoesNotContain("   at ", hotel.Error, StringComparison.Ordinal);

        // What it made is in the person's hands, and counts.
        if (hotel.Json.TryGetProperty("code", out var told) && told.GetString() is { } newCode)
            (await device.TypeAsync(newCode, "code", "check", "--json")).Ended(0);
        if (hotel.Json.TryGetProperty("passphrase", out var words))
            (await device.TypeAsync(words.GetString()!, "passphrase", "check", "--token", token, "--json")).Ended(0);

        var again = await device.TypeAsync(input, arguments);
        if (that.Again is { } error) Assert.Equal(error, again.Text("error"));
        else again.Ended(0);
        await AssertStateAsync(that, device, again.Json);
    }

    private static async Task AssertStateAsync(Case that, CommandLine device, JsonElement told)
    {
        var authorities = (await device.RunAsync("account", "show", "--json")).Ended(0).Json
            .GetProperty("authorities").EnumerateArray().Select(a => a.GetProperty("kind").GetString()).ToList();
        var devices = 1 + (that.IsRecovery ? 1 : 0) + (that is { HasLaptop: true, Again: null, Undoes: false } ? 1 : 0);
        Assert.Equal(
            (devices, that.Codes ?? (that.IsNew ? 0 : 1), that.Passphrases),
            (authorities.Count(k => k == "device"), authorities.Count(k => k == "code"),
                authorities.Count(k => k == "passphrase")));
        var items = (await device.RunAsync("backup", "list", "--json")).Ended(0).Json.GetProperty("items");
        Assert.Equal(that.IsNew ? 0 : that.Items, items.GetArrayLength());
        if (told.TryGetProperty("code", out var code) && code.GetString() is { } shown)
            (await device.TypeAsync(shown, "code", "check")).Ended(0);
        (await device.TypeAsync("x", "backup", "put", "b", "-")).Ended(0);
    }

    private sealed record Case(string Path, params string[] Arguments)
    {
        public string? Input { get; init; }

        public string? Again { get; init; }

        public bool IsNew { get; init; }

        public bool IsRecovery { get; init; }

        public bool HasLaptop { get; init; }

        public bool HasPassphrase { get; init; }

        public bool IsErasing { get; init; }

        public bool Undoes { get; init; }

        public int? Codes { get; init; }

        public int Passphrases { get; init; }

        public int Items { get; init; } = 1;
    }
}
