using KeyRecovery.Api.Auth;
using Microsoft.Extensions.Options;

namespace KeyRecovery.Api.Options.Reading;

/// <summary>Reads and validates the options before anything is built on them.</summary>
internal static class OptionsReader
{
    /// <exception cref="OptionsValidationException">Something is wrong; every failure names its key.</exception>
    public static KeyRecoveryOptions Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var options = Bind(configuration.GetSection(KeyRecoveryOptions.Section));
        if (environment.IsDevelopment() && options.Apps.Count == 0) options.Apps.Add(DevelopmentIssuer.DemoApp());
        if (environment.IsDevelopment() && options.Operators.Count == 0)
            foreach (var app in options.Apps.Where(app => app.Issuer == DevelopmentIssuer.Name))
                options.Operators.Add(DevelopmentIssuer.OperatorOf(app));
        options.DrainSeconds ??= environment.IsDevelopment() ? 0 : 2;

        var result = new KeyRecoveryOptionsValidator(configuration, environment).Validate(null, options);
        return result.Failed ? throw Invalid(result.Failures) : options;
    }

    private static KeyRecoveryOptions Bind(IConfigurationSection section)
    {
        var options = new KeyRecoveryOptions();
        try
        {
            section.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
            return options;
        }
        catch (InvalidOperationException failure)
        {
            throw Invalid([$"{KeyRecoveryOptions.Section}: {Innermost(failure).Message}"]);
        }
    }

    // Of what stands in a list the binder says only inside which key it is.
    private static InvalidOperationException Innermost(InvalidOperationException failure)
    {
        for (var cause = failure.InnerException; cause is not null; cause = cause.InnerException)
            if (cause is InvalidOperationException inner) failure = inner;
        return failure;
    }

    private static OptionsValidationException Invalid(IEnumerable<string> failures) =>
        new(KeyRecoveryOptions.Section, typeof(KeyRecoveryOptions), failures);
}
