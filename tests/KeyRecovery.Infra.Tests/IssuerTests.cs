using System.Text;
using KeyRecovery.Testing.Needs;
using static System.Buffers.Text.Base64Url;

namespace KeyRecovery.Infra.Tests;

/// <summary>"Tokens of your issuer", step by step, with an issuer that is a program of its own.</summary>
[Trait("Category", "Long")]
public class IssuerTests
{
    private const string Make =
        "keyrecovery --server https://keys.example.org --app messenger --token FILE account create";

    private const string Erase =
        "keyrecovery --server https://keys.example.org --token FILE admin erase --file SUBJECTS.ndjson";

    [NeedsFact(Need.OidcProvider, Need.Linux)]
    public async Task An_issuers_tokens_do_what_they_are_for_whatever_key_it_has_and_the_others_are_told_why_not()
    {
        await using var machine = await BookMachine.StartAsync();
        var first = await machine.Issuer.SignInAsync("anna");
        await machine.WriteAsync("token", first);
        var (_, told) = await machine.TypeAsync("cut -d. -f2 token | basenc --base64url -d");
        foreach (var said in (string[])
            [$"\"iss\":\"{machine.Issuer.Name}\"", "\"aud\":\"keyrecovery\"", "\"sub\":\"anna\"", "\"exp\":"])
            Assert.Contains(said, told, StringComparison.Ordinal);
        await AccountAsync(machine, "anna", first, "is made");

        // An officer's token makes no account, and a user's erases nobody.
        var officer = await machine.Issuer.OfficersTokenAsync("keyrecovery.erase");
        await AccountAsync(machine, "officer", officer, "made it for keyrecovery-officers");
        AssertRefused(machine, "NoSource");
        await machine.WriteAsync("SUBJECTS.ndjson", "{\"subject\": \"anna\"}\n");
        await EraseAsync(machine, first, "token does not hold");
        AssertRefused(machine, "NoSource");
        // A scope that the settings do not name.
        await EraseAsync(machine, await machine.Issuer.OfficersTokenAsync("keyrecovery.statistics"), "(scope)");
        AssertRefused(machine, "Scope");
        await EraseAsync(machine, officer, "1 erased");

        // Another key, of which nobody told the server, and the old one's tokens until it is taken away: here a start
        // asks anew.
        await machine.Issuer.ReplaceKeyAsync();
        var second = await machine.Issuer.SignInAsync("berta");
        Assert.NotEqual(HeaderOf(first), HeaderOf(second));
        await AccountAsync(machine, "berta", second, "is made");
        await AccountAsync(machine, "anna again", first, "is made");
        await machine.Issuer.RetireKeysAsync();
        await machine.StopServerAsync();
        await machine.StartServerAsync();
        await AccountAsync(machine, "late", first, "token does not hold");
        AssertRefused(machine, "UnknownKey");
        await AccountAsync(machine, "berta again", second, "has an account already");
    }

    private static string HeaderOf(string token) => Encoding.UTF8.GetString(DecodeFromChars(token.Split('.')[0]));

    private static void AssertRefused(BookMachine machine, string why) => Assert.Contains(
        $"\"Why\":\"{why}\"",
        machine.Server.Output.Split('\n').Last(line => line.Contains("\"TokenRefused\"", StringComparison.Ordinal)),
        StringComparison.Ordinal);

    private static async Task AccountAsync(BookMachine machine, string home, string token, string told)
    {
        await machine.WriteAsync("token", token);
        var (_, output) = await machine.TypeAsync(
            Make, ("FILE", "token"), ("create", $"create --no-code --home '{home}'"));
        Assert.Contains(told, output, StringComparison.Ordinal);
    }

    private static async Task EraseAsync(BookMachine machine, string token, string told)
    {
        await machine.WriteAsync("token", token);
        var (_, output) = await machine.TypeAsync(Erase, ("FILE", "token"));
        Assert.Contains(told, output, StringComparison.Ordinal);
    }
}
