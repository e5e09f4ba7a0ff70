using Microsoft.OpenApi;

namespace KeyRecovery.Api.Endpoints;

/// <summary>Routes that answer in more than one shape, by what they were asked.</summary>
internal static class OtherAnswers
{
    private const string Json = "application/json";

    /// <summary>Tells in the OpenAPI document that 200 may be a page of such answers as well.</summary>
    /// <param name="route">The route, which says what one answer is.</param>
    /// <param name="list">The page's member that holds them.</param>
    public static RouteHandlerBuilder OrPageOf<TPage>(this RouteHandlerBuilder route, string list) =>
        DocumentGeneration.IsRunning ? Tell<TPage>(route, list) : route;

    // Apart, so that no server loads what makes the document.
    private static RouteHandlerBuilder Tell<TPage>(RouteHandlerBuilder route, string list) =>
        route.AddOpenApiOperationTransformer(async (operation, context, ct) =>
        {
            var (answer, document) = (operation.Responses!["200"].Content![Json], context.Document!);
            var one = answer.Schema!;
            var page = await context.GetOrCreateSchemaAsync(typeof(TPage), null, ct);
            // By its name, or all that it consists of would stand here once more.
            ((OpenApiSchema)page.Properties![list]).Items = one;
            document.AddComponent(typeof(TPage).Name, page);
            answer.Schema = new OpenApiSchema
            {
                OneOf = [one, new OpenApiSchemaReference(typeof(TPage).Name, document)],
            };
        });
}
