using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using KeyRecovery.Api.Auth;
using KeyRecovery.Api.Bodies;
using KeyRecovery.Api.Http;
using KeyRecovery.Api.Tests.Support;
using KeyRecovery.Api.Tests.Threats.Routes;
using KeyRecovery.Protocol;
using KeyRecovery.Protocol.Audit.Log;
using KeyRecovery.Protocol.Vault;
using KeyRecovery.Protocol.Wire;
using KeyRecovery.Service.Feed;
using KeyRecovery.Service.UseCases;

namespace KeyRecovery.Api.Tests.Contract;

/// <summary>What stands in tables of docs/protocol.md is what the code has: no more, no less.</summary>
public sealed partial class ProtocolPageTests(HostFixture fixture) : IClassFixture<HostFixture>
{
    private static readonly string Page =
        File.ReadAllText(Path.Combine(PublicSurfaceTests.RepositoryRoot(), "docs", "protocol.md"));

    [Fact]
    public void The_page_has_each_problem_with_its_status() => Assert.Equal(
        Problems.All.Select(kind => $"{kind.Slug} {kind.Status}").Order(StringComparer.Ordinal),
        Rows("| type | status | means |").Select(row => $"{row[1].Trim('`')} {row[2]}").Order(StringComparer.Ordinal));

    [Fact]
    public void The_page_has_each_rule_that_may_be_broken() => Assert.Equal(
        Enum.GetValues<ProtocolFault>().Where(fault => fault != ProtocolFault.None).Select(RuleWords.Of)
            .Order(StringComparer.Ordinal),
        WordsOf("| rule | what was broken |"));

    [Fact]
    public void The_page_has_each_scope_of_operators() => Assert.Equal(
        OperatorScopes.Words.Order(StringComparer.Ordinal), WordsOf("| scope | may |"));

    [Fact]
    public void The_page_has_each_kind_of_the_feed() => Assert.Equal(
        Enum.GetValues<AppEventKind>().Select(kind => EventResponse.NameOf(kind)).Order(StringComparer.Ordinal),
        WordsOf("| kind | when | authority |"));

    [Fact]
    public void The_page_has_each_field_of_our_own() => Assert.Equal(
        typeof(HeaderNames).GetFields().Select(field => (string)field.GetRawConstantValue()!)
            .Order(StringComparer.Ordinal),
        WordsOf("| field | in | what |"));

    [Fact]
    public void The_page_has_each_outcome_of_a_moved_line() => Assert.Equal(
        Enum.GetValues<MoveLineResult>()
            .Select(result => JsonNamingPolicy.CamelCase.ConvertName($"{result}")).Order(StringComparer.Ordinal),
        WordsOf("| outcome | |"));

    [Fact]
    public void The_page_has_each_event_of_the_log() => Assert.Equal(
        Enum.GetValues<AuditEvent>().Select(one => (int)one).Order(),
        Rows("| `event` | | `commitment`, where it is of no detail |")
            .SelectMany(row => row[1].Split(',')).Select(one => int.Parse(one, CultureInfo.InvariantCulture)).Order());

    [Fact]
    public void The_page_has_each_route_and_no_other()
    {
        var routes = RouteMatrix.RoutesOf(fixture.Host).Where(route => route.Contains(" /v1", StringComparison.Ordinal))
            .Select(Bare).ToHashSet();
        var named = Named().Matches(Page).Select(match => match.Value).Select(Bare).ToHashSet();
        Assert.Empty(routes.Except(named));
        Assert.Empty(named.Except(routes));
        Assert.True(routes.Count > 40);
    }

    // What stands for a value has other names on the page.
    private static string Bare(string route) => Value().Replace(route.TrimEnd('/'), "{}");

    private static IEnumerable<string[]> Rows(string head)
    {
        var rows = Page.Split('\n').SkipWhile(line => line != head).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Split('|').Select(cell => cell.Trim()).ToArray()).ToList();
        Assert.True(rows.Count > 2, head);
        return rows;
    }

    // All that stands in code in the first column.
    private static IEnumerable<string> WordsOf(string head) => Rows(head)
        .SelectMany(row => Code().Matches(row[1])).Select(match => match.Groups[1].Value)
        .Order(StringComparer.Ordinal);

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Value();

    [GeneratedRegex(@"\b(GET|POST|PUT|DELETE) /v1/[A-Za-z0-9/{}-]*[A-Za-z0-9}](?![A-Za-z0-9/{}…-])")]
    private static partial Regex Named();
}
