using System.Buffers.Text;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeyRecovery.Cli.Tests.Support;
using KeyRecovery.Protocol.Audit;
using KeyRecovery.Protocol.Primitives;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Testing.Hosting;
using KeyRecovery.Testing.Needs;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>erase</c>, <c>admin</c> and <c>audit verify</c>: real processes, real servers.</summary>
[Collection(CliTests.Name)]
public sealed class EraseTests(CliFixture fixture)
{
    [Fact]
    public async Task Asked_for_held_told_and_cancelled()
    {
        var (phone, _) = await fixture.NewAccountAsync();
        Assert.Equal("none", (await phone.RunAsync("erase", "status", "--json")).Ended(0).Text("state"));
        // Nobody is there to be asked: nothing happens, and the command line is not one.
        Assert.Equal("usage", (await phone.RunAsync("erase", "--json")).Ended(2).Text("error"));
        Assert.Equal("none", (await phone.RunAsync("erase", "status", "--json")).Ended(0).Text("state"));

        var held = (await phone.RunAsync("erase", "--yes", "--json")).Ended(0).Json;
        Assert.Equal("held", held.GetProperty("state").GetString());
        Assert.InRange(held.GetProperty("dueInMs").GetInt64(), 71L * 3_600_000, 72L * 3_600_000);
        Assert.Contains(
            "erase cancel", (await phone.RunAsync("erase", "status")).Ended(0).Output, StringComparison.Ordinal);
        (await phone.RunAsync("backup", "list")).Ended(0);
        Assert.Equal("none", (await phone.RunAsync("erase", "cancel", "--json")).Ended(0).Text("state"));
        Assert.Equal("none", (await phone.RunAsync("erase", "cancel", "--json")).Ended(0).Text("state"));
        Assert.Equal("none", (await phone.RunAsync("erase", "status", "--json")).Ended(0).Text("state"));
    }

    [Fact]
    public async Task While_it_is_held_every_command_that_opens_the_account_says_so()
    {
        // In the first second of the three days it is all of them.
        const string Asked =
            @"An erasure of this account was asked for\. It is done in (2 d 23 h|3 d 0 h) "
            + "unless somebody stops it: keyrecovery erase cancel";
        var (phone, code) = await fixture.NewAccountAsync();
        var laptop = fixture.NewDevice();
        var quiet = (await laptop.TypeAsync(code, "recover", "--code", "--remove", "none", "--name", "laptop"))
            .Ended(0);
        Assert.DoesNotContain("erasure", quiet.Error + (await laptop.RunAsync("account", "show")).Ended(0).Output,
            StringComparison.Ordinal);
        Assert.False((await laptop.RunAsync("account", "show", "--json")).Ended(0).Json
            .TryGetProperty("erasureDueInMs", out _));
        Assert.DoesNotContain(
            "erasure", (await phone.RunAsync("erase", "--yes")).Ended(0).Error, StringComparison.Ordinal);

        var shown = (await laptop.RunAsync("account", "show")).Ended(0);
        Assert.Matches("^" + Asked, shown.Output);
        Assert.DoesNotContain("erasure", shown.Error, StringComparison.Ordinal);
        Assert.InRange(
            (await laptop.RunAsync("account", "show", "--json")).Ended(0).Json.GetProperty("erasureDueInMs").GetInt64(),
            71L * 3_600_000, 72L * 3_600_000);
        foreach (var command in new[] { "backup list", "device list" })
        {
            var run = (await laptop.RunAsync(command.Split(' '))).Ended(0);
            Assert.Single(run.Error.Split('\n'), line => Regex.IsMatch(line, Asked));
            Assert.DoesNotContain("erasure", run.Output, StringComparison.Ordinal);
        }

        var recovered = (await fixture.NewDevice()
            .TypeAsync(code, "recover", "--code", "--remove", "none", "--name", "tablet")).Ended(0);
        Assert.Matches(Asked, recovered.Error);
        Assert.DoesNotContain(
            "erasure", (await laptop.RunAsync("erase", "cancel")).Ended(0).Error, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "erasure", (await laptop.RunAsync("backup", "list")).Ended(0).Error, StringComparison.Ordinal);
    }

    [NeedsTheory(Need.Script)]
    [InlineData("n", 1, "none")]
    [InlineData("", 1, "none")]
    [InlineData("y", 0, "held")]
    public async Task Only_a_yes_on_the_terminal_erases(string answer, int exitCode, string state)
    {
        var (phone, _) = await fixture.NewAccountAsync();
        using var terminal = PseudoTerminal.Start(phone, "erase");
        await terminal.WaitForAsync("[y/N]");
        await terminal.TypeAsync(answer);
        Assert.Equal(exitCode, await terminal.ExitCodeAsync());
        Assert.Equal(state, (await phone.RunAsync("erase", "status", "--json")).Ended(0).Text("state"));
    }

    [Fact]
    public async Task A_hold_of_nothing_erases_at_once_and_its_receipt_stands_offline()
    {
        using var folder = new TempFolder();
        await using var server = await ServerProcess.StartAsync(
            folder["data"], 0, ("Apps:0:Id", "demo"), ("Apps:0:Issuer", "urn:keyrecovery:development"),
            ("Apps:0:Audience", "demo"), ("Apps:0:Policy:Erasure:HoldHours", "0"));
        var phone = new CommandLine(server.Address, folder["phone"]);
        await File.WriteAllTextAsync(folder["token"], await server.TokenAsync("anna"));
        var account =
            (await phone.RunAsync("account", "create", "--no-code", "--name", "phone", "--token", folder["token"],
                "--json")).Ended(0).Text("accountId");
        var erased = (await phone.RunAsync("erase", "--yes", "--json")).Ended(0);
        Assert.Equal("erased", erased.Text("state"));
        var receipt = erased.Text("receipt");
        var refused = (await phone.RunAsync("erase", "status", "--json")).Ended(1);
        Assert.Equal(("erased", Statement(receipt)), (refused.Text("error"), Statement(refused.Text("receipt"))));
        Assert.Equal("erased", (await phone.RunAsync("erase", "cancel", "--json")).Ended(1).Text("error"));
        Assert.Equal("erased", (await phone.RunAsync("erase", "--yes", "--json")).Ended(1).Text("error"));
        var key = await KeyAsync(server);
        await server.StopAsync();

        await File.WriteAllTextAsync(folder["receipt"], receipt + "\r\n");
        string[] verify = ["audit", "verify", "--receipt", folder["receipt"], "--key", key];
        var told = (await phone.RunAsync([.. verify, "--account", account, "--json"])).Ended(0).Json;
        Assert.Equal(
            ("device", 1), (told.GetProperty("requestedBy").GetString(), told.GetProperty("level").GetInt32()));
        Assert.Contains("It does not cover", (await phone.RunAsync(verify)).Ended(0).Output, StringComparison.Ordinal);
        var other = new string('A', account.Length);
        Assert.Equal("receipt-of-another",
            (await phone.RunAsync([.. verify, "--account", other, "--json"])).Ended(1).Text("error"));

        // Each character of it, changed, is no receipt of that server.
        for (var i = 0; i < receipt.Length; i += receipt.Length / 7)
        {
            await File.WriteAllTextAsync(
                folder["tampered"], receipt[..i] + (receipt[i] == 'A' ? 'B' : 'A') + receipt[(i + 1)..]);
            Assert.Contains(
                (await phone.RunAsync("audit", "verify", "--receipt", folder["tampered"], "--key", key, "--json"))
                    .Ended(1).Text("error"), new[] { "receipt-invalid", "upgrade-required" });
        }

        Assert.Equal("receipt-invalid",
            (await phone.RunAsync("audit", "verify", "--receipt", folder["receipt"], "--key",
                await KeyAsync(fixture.Server), "--json")).Ended(1).Text("error"));
        foreach (var garbage in new[] { [], "garbage"u8.ToArray(), new byte[100_000],
            [0x82, 0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff] })
        {
            await File.WriteAllBytesAsync(folder["garbage"], garbage);
            Assert.Equal("receipt-invalid",
                (await phone.RunAsync("audit", "verify", "--receipt", folder["garbage"], "--key", key, "--json"))
                    .Ended(1).Text("error"));
        }

        Assert.Equal(
            "file", (await phone.RunAsync("audit", "verify", "--receipt", folder["nowhere"], "--key", key, "--json"))
                .Ended(1).Text("error"));
        Assert.Equal(
            "usage", (await phone.RunAsync("audit", "verify", "--receipt", folder["receipt"], "--key", "no-key",
                "--json")).Ended(2).Text("error"));
        Assert.Equal(
            "usage", (await phone.RunAsync([.. verify, "--account", "no-account", "--json"])).Ended(2).Text("error"));
        Assert.Equal("usage", (await phone.RunAsync("audit", "verify", "--key", key, "--json")).Ended(2).Text("error"));
    }

    [Fact]
    public async Task A_receipt_with_a_date_beyond_all_calendars_is_told_all_the_same()
    {
        using var signer = SigningKey.FromSeed(new byte[SigningKey.SeedSize]);
        var receipt = new ErasureReceipt
        {
            Id = ErasureId.Draw(SystemRandom.Instance), Level = 1, App = "demo", Subject = Hash256.Of([1]),
            RequestedBy = ErasureRequester.Operator,
            RequestedAt = (1UL << 53) - 1, ErasedAt = (1UL << 53) - 1, Kek = 1, KekDestroyedAt = 0,
            Proofs = [ErasureProof.KeyAbsent, ErasureProof.RowsDeleted],
        };
        var file = await fixture.NewFileAsync(receipt.Sign(signer));
        Assert.Contains("9999-12-0",
            (await fixture.NewDevice()
                .RunAsync("audit", "verify", "--receipt", file, "--key", signer.PublicKey.ToString())).Ended(0).Output,
                StringComparison.Ordinal);
    }

    [NeedsFact(Need.Script)]
    public async Task An_officer_files_a_list_sees_it_go_and_hears_of_each_line()
    {
        var (officer, token) = (fixture.NewDevice(), fixture.NewPath(".token"));
        await File.WriteAllTextAsync(token, await OperatorTokenAsync("keyrecovery.erase"));
        var people = new List<(CommandLine Phone, string Subject)>();
        for (var i = 0; i < 2; i++) people.Add(await NewPersonAsync());
        // Windows' line ends, an empty line, somebody unknown, somebody twice.
        var list = await fixture.NewFileAsync(System.Text.Encoding.UTF8.GetBytes(string.Join(
            "\r\n", Line(people[0].Subject), "", Line("nobody " + people[0].Subject), Line(people[1].Subject),
            Line(people[0].Subject), "")));

        var done = (await officer.RunAsync("admin", "erase", "--file", list, "--token", token, "--json")).Ended(0).Json;
        Assert.Equal(("done", 4, 3, 1, 0),
            (done.GetProperty("state").GetString(), Count(done, "lines"), Count(done, "erased"), Count(done, "unknown"),
                Count(done, "pending")));
        var outcomes = done.GetProperty("outcomes").EnumerateArray().ToList();
        Assert.Equal([(1, "erased"), (3, "unknown"), (4, "erased"), (5, "erased")],
            outcomes.Select(o => (Count(o, "line"), o.GetProperty("outcome").GetString()!)));
        Assert.Equal(outcomes[0].GetProperty("receipt").GetString(), outcomes[3].GetProperty("receipt").GetString());
        Assert.False(outcomes[1].TryGetProperty("receipt", out _));
        Assert.Equal("erased", (await people[1].Phone.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));

        var job = done.GetProperty("job").GetString()!;
        Assert.Equal(job, (await officer.RunAsync("admin", "erase", "--file", list, "--token", token, "--json"))
            .Ended(0).Text("job"));
        var again = (await officer.RunAsync("admin", "erasures", job, "--token", token)).Ended(0).Output;
        Assert.Contains("line 3: unknown", again, StringComparison.Ordinal);
        Assert.Contains("3 erased, 1 unknown, 0 pending", again, StringComparison.Ordinal);
        using var terminal = PseudoTerminal.Start(officer, "admin", "erase", "--file", list, "--token", token);
        await terminal.WaitForAsync("Erasing");
        Assert.Equal(0, await terminal.ExitCodeAsync());
    }

    [Fact]
    public async Task An_officer_lists_the_accounts_of_the_app_and_goes_on_from_a_page()
    {
        var (officer, token) = (fixture.NewDevice(), fixture.NewPath(".token"));
        await File.WriteAllTextAsync(token, await OperatorTokenAsync("keyrecovery.accounts.read"));
        var (phone, _) = await NewPersonAsync();
        var id = (await phone.RunAsync("account", "show", "--json")).Ended(0).Text("accountId");
        var people = (await officer.RunAsync("admin", "accounts", "--token", token)).Ended(0).Output;
        Assert.Contains($"{id}: open, used on ", people, StringComparison.Ordinal);
        Assert.Matches(@"\d+ accounts", people);
        var refused = (await officer.RunAsync(
            "admin", "accounts", "--after", "none", "--token", token, "--json")).Ended(1);
        Assert.Equal("malformed", refused.Text("error"));
    }

    [Fact]
    public async Task F23_an_officer_hears_who_has_come_back_and_erases_them_with_a_job_after_the_first()
    {
        var (officer, token) = (fixture.NewDevice(), fixture.NewPath(".token"));
        await File.WriteAllTextAsync(token, await OperatorTokenAsync("keyrecovery.erase"));
        var (_, subject) = await NewPersonAsync();
        var list = await fixture.NewFileAsync(System.Text.Encoding.UTF8.GetBytes(
            $"{Line(subject)}\n{Line("nobody " + subject)}\n"));
        var first = await EraseAsync();
        Assert.Equal(0, Count(first, "returned"));
        var job = first.GetProperty("job").GetString()!;
        var phone = await NewPhoneAsync(subject);

        var again = await EraseAsync();
        Assert.Equal((job, 1, 1, 1),
            (again.GetProperty("job").GetString(), Count(again, "erased"), Count(again, "unknown"),
                Count(again, "returned")));
        var (came, other) = (again.GetProperty("outcomes")[0], again.GetProperty("outcomes")[1]);
        Assert.True(came.GetProperty("returned").GetBoolean());
        Assert.False(other.TryGetProperty("returned", out _));
        Assert.Equal(Erasure(first.GetProperty("outcomes")[0]), Erasure(came));
        (await phone.RunAsync("backup", "list")).Ended(0);
        var told = (await officer.RunAsync("admin", "erasures", job, "--token", token)).Ended(0).Output;
        Assert.Contains("line 1: erased, has an account again  ", told, StringComparison.Ordinal);
        Assert.Contains($"--again {job}", told, StringComparison.Ordinal);
        Assert.DoesNotContain("line 2: unknown,", told, StringComparison.Ordinal);

        var second = await EraseAsync("--again", job);
        Assert.NotEqual(job, second.GetProperty("job").GetString());
        Assert.Equal((1, 0), (Count(second, "erased"), Count(second, "returned")));
        Assert.Equal("erased", (await phone.RunAsync("backup", "list", "--json")).Ended(1).Text("error"));
        var wrong = (await officer.RunAsync(
            "admin", "erase", "--file", list, "--token", token, "--again", "a job", "--json")).Ended(1);
        Assert.Equal("malformed", wrong.Text("error"));
        Assert.Contains("again", wrong.Text("message"), StringComparison.Ordinal);

        // A receipt gets its proof later, and is the same one.
        static ErasureId Erasure(JsonElement line) => SignedErasureReceipt.Decode(
            Base64Url.DecodeFromChars(line.GetProperty("receipt").GetString())).Receipt.Id;

        async Task<JsonElement> EraseAsync(params string[] more) => (await officer.RunAsync(
            ["admin", "erase", "--file", list, "--token", token, "--json", .. more])).Ended(0).Json;
    }

    [Fact]
    public async Task What_an_officer_may_not_or_did_not_mean_is_refused_and_erases_nobody()
    {
        var (officer, right, wrong) = (fixture.NewDevice(), fixture.NewPath(".token"), fixture.NewPath(".token"));
        await File.WriteAllTextAsync(right, await OperatorTokenAsync("keyrecovery.erase"));
        await File.WriteAllTextAsync(wrong, await OperatorTokenAsync("keyrecovery.read"));
        var (phone, subject) = await NewPersonAsync();
        var list = await fixture.NewFileAsync(System.Text.Encoding.UTF8.GetBytes(Line(subject)));
        var broken =
            await fixture.NewFileAsync(System.Text.Encoding.UTF8.GetBytes(Line(subject) + "\n{\"subject\": 1}\n"));
        var empty = await fixture.NewFileAsync([]);

        Assert.Equal("unauthenticated",
            (await officer.RunAsync("admin", "erase", "--file", list, "--json")).Ended(1).Text("error"));
        Assert.Equal("forbidden",
            (await officer.RunAsync("admin", "erase", "--file", list, "--token", wrong, "--json")).Ended(1)
                .Text("error"));
        Assert.Equal("token-invalid",
            (await officer.RunAsync("admin", "erase", "--file", list, "--token", await fixture.NewTokenAsync(),
                "--json")).Ended(1).Text("error"));
        var refused = (await officer.RunAsync("admin", "erase", "--file", broken, "--token", right, "--json")).Ended(1);
        Assert.Equal("malformed", refused.Text("error"));
        Assert.Contains("line 2", refused.Text("message"), StringComparison.Ordinal);
        Assert.Equal("malformed",
            (await officer.RunAsync("admin", "erase", "--file", empty, "--token", right, "--json")).Ended(1)
                .Text("error"));
        Assert.Equal(
            "file", (await officer.RunAsync("admin", "erase", "--file", fixture.NewPath(), "--token", right, "--json"))
                .Ended(1).Text("error"));
        Assert.Equal(
            "usage", (await officer.RunAsync("admin", "erase", "--token", right, "--json")).Ended(2).Text("error"));
        foreach (var job in new[] { "AAAAAAAAAAAAAAAAAAAAAA", "..", "a/b" })
            Assert.Equal("not-found",
                (await officer.RunAsync("admin", "erasures", job, "--token", right, "--json")).Ended(1).Text("error"));
        Assert.Equal("transient",
            (await officer.Through(new Uri("http://127.0.0.1:1"))
                .RunAsync("admin", "erase", "--file", list, "--token", right, "--json")).Ended(1).Text("error"));
        (await phone.RunAsync("backup", "list")).Ended(0);
    }

    private async Task<(CommandLine Phone, string Subject)> NewPersonAsync()
    {
        var subject = Canary.NewText();
        return (await NewPhoneAsync(subject), subject);
    }

    private async Task<CommandLine> NewPhoneAsync(string subject)
    {
        var (phone, token) = (fixture.NewDevice(), fixture.NewPath(".token"));
        await File.WriteAllTextAsync(token, await fixture.Server.TokenAsync(subject));
        (await phone.RunAsync("account", "create", "--no-code", "--name", "phone", "--token", token)).Ended(0);
        return phone;
    }

    private async Task<string> OperatorTokenAsync(string scope)
    {
        using var http = new HttpClient { BaseAddress = fixture.Server.Address };
        using var response = await http.PostAsJsonAsync("/v1/dev/tokens", new { subject = "officer", scope });
        return (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("token").GetString()!;
    }

    private static async Task<string> KeyAsync(ServerProcess server)
    {
        using var http = new HttpClient { BaseAddress = server.Address };
        return (await http.GetFromJsonAsync<JsonElement>("/audit/key")).GetProperty("key").GetString()!;
    }

    // What was signed: the log's proof comes around it a moment later.
    private static string Statement(string receipt)
    {
        Assert.True(Base64UrlText.TryDecodeUpTo(receipt, SignedErasureReceipt.MaxSize, out var bytes));
        return Base64UrlText.Encode(SignedErasureReceipt.Decode(bytes).Statement.Span);
    }

    private static string Line(string subject) => JsonSerializer.Serialize(new { subject });

    private static int Count(JsonElement json, string name) => json.GetProperty(name).GetInt32();
}
