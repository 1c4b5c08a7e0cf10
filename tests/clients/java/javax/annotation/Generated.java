package javax.annotation;

/** What generated code marks itself with; the JDK has not had it since 11. */
public @interface Generated {
    String[] value();

    String comments() default "";
}
