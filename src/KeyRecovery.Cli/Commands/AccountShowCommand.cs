using System.Collections.Immutable;
using System.CommandLine;
using KeyRecovery.Cli.Invocation;
using KeyRecovery.Cli.Output;
using KeyRecovery.Client.Accounts;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;

namespace KeyRecovery.Cli.Commands;

/// <summary><c>account show</c>: who may act, and since when.</summary>
internal static class AccountShowCommand
{
    public static Command Make() => new Command("show", "Shows the account, its devices and its recovery codes").Runs((context, _, ct) => RunAsync(context, ct));

    private static async Task RunAsync(CliContext context, CancellationToken ct)
    {
        using var opened = await context.OpenAsync(ct);
        var vault = opened.Session;
        context.Output.Result(
            new
            {
                accountId = vault.Account.ToString(),
                deviceId = vault.Device.ToString(),
                context.App,
                server = context.Server.GetLeftPart(UriPartial.Authority),
                vault.Epoch,
                vault.Version,
                lastChange = LastChange(vault),
                vault.LastAuthorityChange,
                items = vault.Items.Length,
                itemBytes = vault.Items.Sum(i => i.Length),
                vault.LostItems,
                mended = opened.Mended.Select(id => id.ToString()),
                authorities = vault.Authorities.Select(AuthorityTable.Json),
            },
            people => Tell(people, vault, opened.Mended));
    }

    private static void Tell(IAnsiConsole people, VaultSession vault, ImmutableArray<AuthorityId> mended)
    {
        var facts = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        void Fact(string name, string value) => facts.AddRow(new Text(name), new Text(value));
        Fact("Account", vault.Account.ToString());
        Fact("This device", vault.Device.ToString());
        Fact("Items", $"{vault.Items.Length}, {Words.Size(vault.Items.Sum(i => i.Length))}");
        Fact("Last change", Words.Time(LastChange(vault)));
        Fact("Last change of who may act", Words.Time(vault.LastAuthorityChange));
        people.Write(facts);
        AuthorityTable.Write(people, vault.Authorities, mended);
        if (vault.Authorities.All(a => a.Kind == AuthorityKind.Device))
            people.WriteLine("There is no recovery code: if these devices are lost, so is everything. To make one: keyrecovery code create");
    }

    // The manifest bears no time of its own: its items do, and the chain.
    private static DateTimeOffset LastChange(VaultSession vault) =>
        vault.Items.Select(i => i.Modified).Append(vault.LastAuthorityChange).Max();
}
