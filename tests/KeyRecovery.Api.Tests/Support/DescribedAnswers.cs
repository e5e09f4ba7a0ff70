using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using KeyRecovery.Api.Tests.Contract;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace KeyRecovery.Api.Tests.Support;

/// <summary>
/// Holds what a test's server answers against <c>docs/openapi.json</c>: a status that the route's description does not
/// have fails the test that got it, when its server ends.
/// </summary>
internal sealed class DescribedAnswers : IStartupFilter
{
    private static readonly Dictionary<string, HashSet<int>> Described = Read();

    private readonly ConcurrentDictionary<string, int> _others = new();

    /// <summary>Answers that no description has; empty where all is well.</summary>
    public ICollection<string> Others => _others.Keys;

    public void AddTo(WebApplicationBuilder builder) => builder.Services.AddSingleton<IStartupFilter>(this);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use(async (context, rest) =>
        {
            await rest(context);
            Note(context);
        });
        next(app);
    };

    private void Note(HttpContext context)
    {
        // Another method's, a fault of the server, and to a caller who is gone: these are no answers of a route.
        if (context.Response.StatusCode is 405 or 499 or 500
            || context.GetEndpoint() is not RouteEndpoint endpoint) return;
        var pattern = "/" + endpoint.RoutePattern.RawText!.Trim('/').Replace("**", "", StringComparison.Ordinal);
        var route = $"{context.Request.Method} {pattern}";
        if (Described.TryGetValue(route.Replace("HEAD ", "GET ", StringComparison.Ordinal), out var answers)
            && !answers.Contains(context.Response.StatusCode))
            _others.TryAdd($"{route}: {context.Response.StatusCode}", 0);
    }

    private static Dictionary<string, HashSet<int>> Read()
    {
        using var document = JsonDocument.Parse(
            File.ReadAllText(Path.Combine(PublicSurfaceTests.RepositoryRoot(), "docs", "openapi.json")));
        return (
            from path in document.RootElement.GetProperty("paths").EnumerateObject()
            from operation in path.Value.EnumerateObject()
            select ($"{operation.Name.ToUpperInvariant()} {path.Name}",
                operation.Value.GetProperty("responses").EnumerateObject()
                    .Select(answer => int.Parse(answer.Name, CultureInfo.InvariantCulture)).ToHashSet()))
            .ToDictionary();
    }
}
