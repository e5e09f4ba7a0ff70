using KeyRecovery.Cli.Tests.Support;

namespace KeyRecovery.Cli.Tests.Commands;

/// <summary><c>account number</c>: two people compare their accounts' own keys.</summary>
[Collection(CliTests.Name)]
public sealed class AccountNumberTests(CliFixture fixture)
{
    [Fact]
    public async Task Both_see_the_same_number_and_what_is_no_statement_is_refused()
    {
        var (alice, _) = await fixture.NewAccountAsync();
        var (bob, _) = await fixture.NewAccountAsync();
        var (ofAlice, ofBob) = (fixture.NewPath(".txt"), fixture.NewPath(".txt"));
        (await alice.RunAsync("account", "number", "-o", ofAlice)).Ended(0);
        var told = (await bob.RunAsync("account", "number", "--json")).Ended(0).Text("statement");
        // As mail breaks it.
        await File.WriteAllTextAsync(ofBob, string.Join("\r\n", told.Chunk(70).Select(line => new string(line))));
        var number = (await alice.RunAsync("account", "number", ofBob, "--json")).Ended(0).Text("number");
        Assert.Matches("^[0-9]{60}$", number);
        Assert.Equal(number, (await bob.RunAsync("account", "number", ofAlice, "--json")).Ended(0).Text("number"));
        var people = (await bob.RunAsync("account", "number", ofAlice)).Ended(0).Output;
        foreach (var group in number.Chunk(5)) Assert.Contains(new string(group), people, StringComparison.Ordinal);

        // One character in the keys is another one: the signature does not hold.
        var changed = told.ToCharArray();
        changed[900] = changed[900] == 'A' ? 'B' : 'A';
        await File.WriteAllTextAsync(ofBob, new string(changed));
        foreach (var wrong in (string[])[ofBob, fixture.NewPath(".none"), await fixture.NewFileAsync(new byte[5000])])
            Assert.NotEqual(0, (await alice.RunAsync("account", "number", wrong, "--json")).ExitCode);
    }
}
